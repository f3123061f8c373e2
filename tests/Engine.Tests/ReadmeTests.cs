using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Engine.Tests;

/// <summary>The README's C# is this method's body, so it compiles, and it runs.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public void TheSampleIsTheOneThatIsCompiledHere()
    {
        string source = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "tests", "Engine.Tests", "ReadmeTests.cs"));
        string body = Between(source, "// " + "sample begins\n", "        // " + "sample ends");
        string sample = string.Concat(body.Split('\n').SkipLast(1).Select(l => (l.Length > 8 ? l[8..] : "") + "\n"));
        string readme = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "README.md"));
        Assert.Equal(Between(readme, "```csharp\n", "```"), sample.Replace("Demo", "\"models/demo\"", StringComparison.Ordinal));
        RunSample();
    }

    private static string Demo => Path.Combine(RepositoryRoot.Path, "models", "demo");

    private static void RunSample()
    {
        // sample begins
        using Model model = Model.Load(Demo);
        int[] tokens = model.Encode("The capital of France is");

        // Keep every residual; push the stream along one direction from the last token on; look at neurons as they fire.
        float[] direction = new float[model.Spec.Width];
        direction[7] = 4;
        var hooks = new HookSet()
            .Capture(Site.ResidualPost.AllLayers)
            .Edit(Edit.Add(Site.ResidualMid[3], direction) with { Positions = ^1.. })
            .Tap(Site.MlpPost[5], tap => Console.WriteLine($"{tap.Site}: {tap.Value.Row(0)[0]}"));
        using ForwardResult run = model.Forward(tokens, hooks);

        // Read every layer out through the unembedding; no logits are stored.
        Tensor[] layers = [.. Enumerable.Range(0, model.Spec.Layers).Select(l => run[Site.ResidualPost[l]])];
        LensResult lens = LensReader.Read(model, layers, new LensOptions { TopK = 5, Divergence = true });
        Console.WriteLine($"last token: {model.Tokenizer.TokenText(lens.TopIds[lens.Row(7, tokens.Length - 1) * 5])}");
        // sample ends
    }

    private static string Between(string text, string start, string end)
    {
        int from = text.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return text[from..text.IndexOf(end, from, StringComparison.Ordinal)];
    }
}
