using System.Runtime.InteropServices;
using Weir.Engine.Forward;
using Weir.Engine.Generation;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Kernels;
using Weir.Kernels.Cuda;

namespace Weir.Engine.Tests;

/// <summary>The README's C# is these methods' bodies, so it compiles, and it runs.</summary>
public sealed class ReadmeTests
{
    private static string Demo => Path.Combine(RepositoryRoot.Path, "models", "demo");

    [Fact]
    public void TheSampleIsTheOneThatIsCompiledHere()
    {
        CheckSample(1);
        RunSample();
    }

    [Fact]
    public void TheSampleForAGpuIsTheOneThatIsCompiledHere()
    {
        CheckSample(2);
        RunGpuSample();
    }

    private static void CheckSample(int number)
    {
        string source = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "tests", "Engine.Tests", "ReadmeTests.cs"));
        string body = source.Split("// " + "sample begins\n")[number].Split("        // " + "sample ends")[0];
        string sample = string.Concat(body.Split('\n').SkipLast(1).Select(l => (l.Length > 8 ? l[8..] : "") + "\n"));
        string readme = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "README.md"));
        Assert.Equal(
            readme.Split("```csharp\n")[number].Split("```")[0],
            sample.Replace("Demo", "\"models/demo\"", StringComparison.Ordinal).Replace("OpenCuda()", "CudaDevice.Open()", StringComparison.Ordinal));
    }

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

    private static CudaDevice OpenCuda() => (CudaDevice)TestDevices.Open(TestDevices.F32);

    private static void RunGpuSample()
    {
        // sample begins
        using CudaDevice device = OpenCuda();
        using Model model = Model.Load(Demo, new LoadOptions { Device = device });
        using var memory = new Arena(device);
        Tensor direction = memory.Upload<float>(new float[model.Spec.Width]);

        // Steer, as the kernel's parameter: x, direction, stride, width, strength.
        UserKernel kernel = device.LoadKernel("steer");
        TapHandler steer = tap => kernel.Launch(
            new Grid(tap.Value.Rows), threads: 256, sharedBytes: 0,
            new Steer(tap.Value.Address, direction.Address, tap.Value.RowStride, tap.Value.Width, 2));
        HookSet hooks = new HookSet().Tap(Site.ResidualPost.AllLayers, steer, recordable: true);
        var options = new GenerationOptions { MaxTokens = 4, Hooks = hooks };
        foreach (GeneratedToken token in Generator.Stream(model, [model.Encode("12 + 7 =")], options))
        {
            Console.Write(token.Text);
        }
        // sample ends
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Steer(nint X, nint Direction, long Stride, int Width, float Strength);
}
