using System.Globalization;
using System.Text;
using Weir.Cli.Edits;
using Weir.Engine.Hooks;

namespace Weir.Cli.Tests;

public class EditTests
{
    private static readonly int[] Six = [6];
    private static readonly int[] SixAndThree = [6, 3];

    [Fact]
    public void Parts_are_read_from_the_end()
    {
        EditRequest request = EditParser.Parse("--scale", "z.3=2@2..4@head=1@columns=8..16@sequences=0,2", new VectorFiles());
        Assert.Equal(Site.Z[3], request.Edit.Site);
        Assert.Equal([2f], request.Edit.Coefficients);
        Assert.Equal(1, request.Edit.Head);
        Assert.Equal(8..16, request.Edit.Columns);
        Assert.Equal([0, 2], request.Edit.Sequences!);
        Assert.Equal(new IndexRange(2, 4), request.Positions);
    }

    [Fact]
    public void A_file_may_have_signs_in_its_name()
    {
        using var directory = new TemporaryDirectory();
        string file = directory.Write("v@x=1:2.json", "[1, 2]");
        EditRequest request = EditParser.Parse("--add", $"embed={file}:-0.5@1..", new VectorFiles());
        Assert.Equal([1f, 2f], request.Edit.Operand!);
        Assert.Equal([-0.5f], request.Edit.Coefficients);
        Assert.Equal(new IndexRange(1, null), request.Positions);
    }

    [Theory]
    [InlineData("3..", 3, 6)]
    [InlineData("..2", 0, 2)]
    [InlineData("1..3", 1, 3)]
    [InlineData("4", 4, 5)]
    [InlineData("-1", 5, 6)]
    [InlineData("^1", 5, 6)]
    [InlineData("-3..-1", 3, 5)]
    [InlineData("..", 0, 6)]
    [InlineData("2..^0", 2, 6)]
    [InlineData("4..99", 4, 6)]
    [InlineData("9..", 6, 6)]
    public void Ranges_are_what_they_say(string text, int from, int to) => Assert.Equal((from, to), IndexRange.TryParse(text)!.Value.In(6));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("1.5")]
    [InlineData("--1")]
    [InlineData("1..2..3")]
    [InlineData("^0")]
    [InlineData("99999999999")]
    public void Other_texts_are_no_ranges(string text) => Assert.Null(IndexRange.TryParse(text));

    [Fact]
    public void What_ends_with_the_prompt_is_resolved_for_each()
    {
        Edit[] edits = [.. EditParser.Parse("--zero", "embed@-1", new VectorFiles()).Resolve(SixAndThree, continues: true)];
        Assert.Equal(2, edits.Length);
        Assert.Equal([0], edits[0].Sequences!);
        Assert.Equal(new Range(^1, 6), edits[0].Positions);
        Assert.Equal(new Range(^1, 3), edits[1].Positions);
    }

    [Theory]
    [InlineData("embed@9..")]
    [InlineData("embed@3..3")]
    public void An_edit_without_effect_is_an_error(string text)
    {
        EditRequest request = EditParser.Parse("--zero", text, new VectorFiles());
        Assert.Contains("changes nothing", Refusal(request, continues: false), StringComparison.Ordinal);
        Assert.Equal(text.EndsWith("9..", StringComparison.Ordinal), Refusal(request, continues: true).Length == 0);
    }

    [Theory]
    [InlineData("[1, 2.5, -3]", 3)]
    [InlineData("[[1, 2], [3, 4]]", 4)]
    public void Json_vectors_are_arrays(string content, int count)
    {
        using var directory = new TemporaryDirectory();
        Assert.Equal(count, new VectorFiles().Read(directory.Write("v.json", content)).Length);
    }

    [Theory]
    [InlineData("<f4", 4)]
    [InlineData("<f2", 2)]
    [InlineData("<f8", 8)]
    public void Npy_vectors_are_floats(string type, int size)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory["v.npy"], Npy(type, "(3,)", size, 1, -2, 0.5));
        Assert.Equal([1f, -2f, 0.5f], new VectorFiles().Read(directory["v.npy"]));
    }

    [Fact]
    public void Damaged_vectors_are_refused()
    {
        using var directory = new TemporaryDirectory();
        byte[] good = Npy("<f4", "(3,)", 4, 1, 2, 3);
        void Refuse(string expected, string name, byte[] content)
        {
            File.WriteAllBytes(directory[name], content);
            WeirRun.Refuse(expected, "lens", WeirRun.Prompt, "--add", $"embed={directory[name]}");
        }

        Refuse("holds 11 bytes", "cut.npy", good[..^1]);
        Refuse("is cut off", "head.npy", good[..20]);
        Refuse("is no .npy file", "none.npy", Encoding.ASCII.GetBytes("hello hello hello"));
        Refuse("type <i8", "int.npy", Npy("<i8", "(3,)", 8, 1, 2, 3));
        Refuse("holds 12 bytes where its shape has 5", "shape.npy", Npy("<f4", "(5,)", 4, 1, 2, 3));
        Refuse("has the shape", "huge.npy", Npy("<f4", "(99999999999, 99999999999)", 4, 1, 2, 3));
        Refuse("must be finite", "nan.npy", Npy("<f4", "(3,)", 4, 1, double.NaN, 3));
        Refuse("HeaderTooSmall", "v.safetensors", [1, 2, 3]);
        Refuse("not valid JSON", "v.json", "[1, 2"u8.ToArray());
        Refuse("an object", "o.json", "{}"u8.ToArray());
        Refuse("holds no numbers", "e.json", "[]"u8.ToArray());
        Refuse("not a kind of file", "v.bin", [0]);
    }

    [Theory]
    [InlineData("has 3 values where the site has 128", "--add", "embed=V")]
    [InlineData("has 3 values where the site has 32", "--replace", "z.0=V@head=1")]
    [InlineData("there is no head 4", "--zero", "z.0@head=4")]
    [InlineData("the site has no heads", "--zero", "embed@head=0")]
    [InlineData("are not within 0 to 128", "--zero", "embed@columns=100..200")]
    [InlineData("names text 1, but there is one text", "--zero", "embed@sequences=1")]
    [InlineData("changes nothing", "--zero", "embed@6..")]
    [InlineData("cannot act", "--skip", "mlp.post.0")]
    [InlineData("UnknownSite", "--zero", "embedding")]
    [InlineData("names layer 8", "--zero", "resid_post.8")]
    [InlineData("UnsupportedSite", "--zero", "blocks.0.mlp.hook_out")]
    [InlineData("has no part @hed", "--zero", "embed@hed=1")]
    [InlineData("@head must be a number", "--zero", "z.0@head=x")]
    [InlineData("does not exist", "--add", "embed=/nowhere/v.json:2")]
    [InlineData("--add must be SITE=FILE", "--add", "embed")]
    [InlineData("takes a site and no value", "--zero", "embed=3")]
    [InlineData("--scale must be SITE=FACTOR", "--scale", "embed=x")]
    [InlineData("--clamp must be SITE=LOW:HIGH", "--clamp", "embed=2:1")]
    [InlineData("--clamp must be SITE=LOW:HIGH", "--clamp", "embed=:")]
    [InlineData("has 2 factors", "--add", "embed=V:1,2")]
    public void Bad_edits_are_refused_by_every_verb(string expected, string option, string value)
    {
        using var directory = new TemporaryDirectory();
        value = value.Replace("V", directory.Write("v.json", "[1, 2, 3]"), StringComparison.Ordinal);
        WeirRun.Refuse(expected, "lens", WeirRun.Prompt, option, value);
        WeirRun.Refuse(expected, "capture", WeirRun.Prompt, "--site", "embed", "--out", directory["c.npz"], option, value);
        if (!value.EndsWith("6..", StringComparison.Ordinal))
        {
            WeirRun.Refuse(expected, "generate", WeirRun.Prompt, option, value);
        }

        Assert.Equal(["v.json"], directory.Files);
    }

    [Fact]
    public void Edits_act_in_their_order()
    {
        using var directory = new TemporaryDirectory();
        string v = directory.Write("v.json", $"[{string.Join(',', Enumerable.Repeat("1", 128))}]");
        float[] Embedding(params string[] edits)
        {
            string path = directory["c.safetensors"];
            WeirRun.Succeed(["capture", WeirRun.Prompt, "--site", "embed", "--out", path, .. edits]);
            using Engine.Checkpoints.SafetensorsFile file = Engine.Checkpoints.SafetensorsFile.Open(path);
            return file["hook_embed"].ToFloat32();
        }

        Assert.All(Embedding("--zero", "embed", "--add", $"embed={v}:3"), x => Assert.Equal(3, x));
        Assert.All(Embedding("--add", $"embed={v}:3", "--zero", "embed"), x => Assert.Equal(0, x));
        Assert.All(Embedding("--clamp", "embed=5:", "--scale", "embed=2"), x => Assert.Equal(10, x));
        float[] part = Embedding("--replace", $"embed={v}@-1", "--zero", "embed@..2@columns=..4");
        Assert.All(part[(5 * 128)..], x => Assert.Equal(1, x));
        Assert.All(part[..4], x => Assert.Equal(0, x));
        Assert.Contains(part[4..128], x => x != 0);
    }

    private static string Refusal(EditRequest request, bool continues)
    {
        try
        {
            return request.Resolve(Six, continues).Any() ? "" : "no edit";
        }
        catch (SiteException e)
        {
            return e.Message;
        }
    }

    private static byte[] Npy(string type, string shape, int size, params double[] values)
    {
        string header = string.Create(CultureInfo.InvariantCulture, $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}\n");
        byte[] data = [.. values.SelectMany(v => size switch
        {
            2 => BitConverter.GetBytes((Half)v),
            4 => BitConverter.GetBytes((float)v),
            _ => BitConverter.GetBytes(v),
        })];
        return [0x93, .. "NUMPY"u8, 1, 0, .. BitConverter.GetBytes((ushort)header.Length), .. Encoding.ASCII.GetBytes(header), .. data];
    }
}
