using System.Text;
using BenchmarkDotNet.Attributes;
using Weir.Engine.Tokenizers;

namespace Weir.Engine.Bench;

/// <summary>Text to token ids, on one core, for each kind of tokenizer of the fixtures.</summary>
public class EncodeBench
{
    private static readonly string Text = MakeText();
    private ITokenizer _tokenizer = null!;

    /// <summary>Bytes of the text in UTF-8.</summary>
    public static int TextBytes => Encoding.UTF8.GetByteCount(Text);

    /// <summary>Which tokenizer.</summary>
    [Params("gpt2", "neox", "llama3", "qwen2", "llama2", "mistral", "gemma")]
    public string Kind { get; set; } = "gpt2";

    /// <summary>Reads the tokenizer.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _tokenizer = TokenizerFile.Load(RepositoryRoot.Fixture("tokenizers", Kind, "tokenizer.json"), 1 << 20);
    }

    /// <summary>Encodes the text.</summary>
    [Benchmark]
    public int[] Encode() => _tokenizer.Encode(Text, addSpecialTokens: true);

    // Sentences of varied words and numbers, a quarter of a megabyte, the same every time.
    private static string MakeText()
    {
        var random = new Random(7);
        string[] words = "the of capital France stream residual measured 1984 Überraschung don't layer, and steers (almost) nothing; naïve 3.14 tokens".Split(' ');
        var text = new StringBuilder();
        while (text.Length < 250_000)
        {
            text.Append(words[random.Next(words.Length)]).Append(random.Next(12) == 0 ? ".\n" : " ");
        }

        return text.ToString();
    }
}
