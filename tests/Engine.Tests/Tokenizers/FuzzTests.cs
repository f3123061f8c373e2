using System.Text;
using System.Text.Json.Nodes;
using Weir.Engine.Tokenizers;
using Xunit;

namespace Weir.Engine.Tests.Tokenizers;

/// <summary>A broken file must load, or be refused with a <see cref="TokenizerException"/>; nothing else may happen.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Seed = 20260131;

    private static readonly string[] s_files =
    [
        """
        {"version":"1.0","truncation":null,"padding":null,"added_tokens":[
        {"id":9,"content":"<s>","single_word":false,"lstrip":true,"rstrip":false,"normalized":false,"special":true},
        {"id":10,"content":"ab c","single_word":true,"lstrip":false,"rstrip":true,"normalized":true,"special":false}],
        "normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Lowercase"},{"type":"Replace","pattern":{"Regex":"\\s{2,}"},"content":" "},{"type":"Strip","strip_left":true,"strip_right":false}]},
        "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|[^\\s]+(?!\\S)|\\s+"},"behavior":"MergedWithNext","invert":false},{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}]},
        "post_processor":{"type":"Sequence","processors":[{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true},{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[9],"tokens":["<s>"]}}}]},
        "decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
        "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":"","end_of_word_suffix":"","fuse_unk":false,"byte_fallback":false,"ignore_merges":true,
        "vocab":{"a":0,"b":1,"c":2,"Ġ":3,"ab":4,"Ġa":5,"abc":6,"1":7,"'":8},"merges":["a b","Ġ a",["ab","c"]]}}
        """,
        """
        {"version":"1.0","truncation":null,"padding":null,"added_tokens":[
        {"id":0,"content":"<unk>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
        "normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},
        "pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true},
        "post_processor":{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",1],"trim_offsets":true,"add_prefix_space":true},
        "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":1}]},
        "model":{"type":"BPE","dropout":null,"unk_token":"<unk>","continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":true,"byte_fallback":true,"ignore_merges":false,
        "vocab":{"<unk>":0,"<s>":1,"</s>":2,"<0x0A>":3,"<0xE4>":4,"a":5,"b":6,"▁":7,"ab":8,"▁ab":9,"😀":10,"▁▁":11},"merges":[["a","b"],["▁","ab"],["▁","▁"]]}}
        """,
    ];

    private static readonly string[] s_fragments =
    [
        "\"", "{", "}", "[", "]", ",", ":", "null", "true", "-1", "1e400", "0.5", "99999999999999999999", "\\", "\\ud800", "\\u0000", "\"\"", "(", ")",
        "(?", "*", "+", "{,", "\\\\p{", "[^", "&&", "|", "\0", "é", "▁", "😀", "[[[[", "{\"type\":\"Sequence\"}", "(?:a|a)*", "2147483647", "\\\\", "$", "<0x00>",
    ];

    [Fact]
    public void MutatedBytesLoadOrAreRefused()
    {
        Random random = new(Seed);
        output.WriteLine($"seed {Seed}");
        (int loaded, int refused) = (0, 0);
        for (int i = 0; i < 6000; i++)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(s_files[i % s_files.Length]);
            for (int n = random.Next(1, 4); n > 0; n--)
                bytes = Mutate(bytes, random);
            Count(Try(bytes, $"mutation {i}"), ref loaded, ref refused);
        }
        output.WriteLine($"{loaded} loaded, {refused} refused");
        Assert.True(loaded > 100 && refused > 1000, $"{loaded} loaded, {refused} refused");
    }

    [Fact]
    public void MutatedValuesLoadOrAreRefused()
    {
        Random random = new(Seed);
        output.WriteLine($"seed {Seed}");
        (int loaded, int refused) = (0, 0);
        for (int i = 0; i < 4000; i++)
        {
            JsonNode json = JsonNode.Parse(s_files[i % s_files.Length])!;
            MutateTree(json, random);
            Count(Try(Encoding.UTF8.GetBytes(json.ToJsonString()), $"mutation {i}"), ref loaded, ref refused);
        }
        output.WriteLine($"{loaded} loaded, {refused} refused");
        Assert.True(loaded > 100 && refused > 1000, $"{loaded} loaded, {refused} refused");
    }

    [Fact]
    public void TheFilesThatAreMutatedLoad()
    {
        foreach (string file in s_files)
            Assert.True(Try(Encoding.UTF8.GetBytes(file), "the file itself"));
    }

    private static void Count(bool worked, ref int loaded, ref int refused)
    {
        if (worked)
            loaded++;
        else
            refused++;
    }

    private static bool Try(byte[] bytes, string what)
    {
        try
        {
            ITokenizer tokenizer = TokenizerJson.Load(bytes);
            int[] ids = tokenizer.Encode("<s> ab c  a1's ab\n\u00e9 \U0001F600x abc ▁", addSpecialTokens: true);
            tokenizer.Decode(ids, skipSpecialTokens: false);
            for (int id = 0; id < Math.Min(tokenizer.VocabularySize, 20); id++)
                tokenizer.TokenText(id);
            return true;
        }
        catch (TokenizerException)
        {
            return false;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{what} threw {e.GetType().Name}: {Encoding.UTF8.GetString(bytes)}", e);
        }
    }

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        int at = random.Next(bytes.Length);
        int length = Math.Min(random.Next(1, 12), bytes.Length - at);
        switch (random.Next(5))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 2:
                return [.. bytes[..at], .. bytes[at..(at + length)], .. bytes[at..]];
            case 3:
                return [.. bytes[..at], .. Encoding.UTF8.GetBytes(s_fragments[random.Next(s_fragments.Length)]), .. bytes[at..]];
            default:
                return [.. bytes[..at], .. Encoding.UTF8.GetBytes(s_fragments[random.Next(s_fragments.Length)]), .. bytes[(at + length)..]];
        }
    }

    /// <summary>Puts another value, a copy of another part or nothing in the place of one value.</summary>
    private static void MutateTree(JsonNode json, Random random)
    {
        List<JsonNode> nodes = [];
        Collect(json, nodes);
        JsonNode node = nodes[random.Next(nodes.Count)];
        JsonNode? other = random.Next(6) switch
        {
            0 => null,
            1 => JsonValue.Create(random.Next(-2, 2000)),
            2 => JsonValue.Create(s_fragments[random.Next(s_fragments.Length)]),
            3 => JsonValue.Create(random.Next(2) == 0),
            4 => new JsonArray(),
            _ => nodes[random.Next(nodes.Count)].DeepClone(),
        };
        if (node.Parent is not null)
            node.ReplaceWith(other);
    }

    private static void Collect(JsonNode node, List<JsonNode> nodes)
    {
        nodes.Add(node);
        IEnumerable<JsonNode?> children = node is JsonObject o ? o.Select(static entry => entry.Value) : node is JsonArray a ? a : [];
        foreach (JsonNode? child in children)
        {
            if (child is not null)
                Collect(child, nodes);
        }
    }
}
