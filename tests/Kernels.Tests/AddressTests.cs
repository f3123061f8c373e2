using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

/// <summary>
/// Ops that go row by row move wide words where address, stride and width allow it; the other tests' tensors lie where
/// none is allowed. Both ways give the same bits.
/// </summary>
public sealed class AddressTests
{
    [Theory, EveryDevice]
    public void BitsDoNotDependOnTheAddress(string device)
    {
        // Rows of a thread, of several, of a warp, of a block, of one that is not full, and longer than a block holds.
        foreach (int width in new[] { 4, 36, 128, 516, 4100, 20012 })
        {
            foreach ((string op, Func<TestTensors, Tensor> run) in Cases(width))
            {
                float[] apart;
                using (var t = new TestTensors(device))
                {
                    apart = t.Read(run(t));
                }

                using var aligned = new TestTensors(device, aligned: true);
                Oracle.SameBits(apart, aligned.Read(run(aligned)), $"{op}, width {width}, aligned");
            }
        }
    }

    private static IEnumerable<(string Op, Func<TestTensors, Tensor> Run)> Cases(int width)
    {
        const int Rows = 3;
        var shape = new Shape(Rows, width);
        Tensor Numbers(TestTensors t) => t.Input(t.Normal(Rows * width), shape, strided: true);
        Tensor Vector(TestTensors t) => t.Input(t.Normal(width), new Shape(width));
        Func<TestTensors, Tensor> Writes(Action<TestTensors, Tensor> run) => t =>
        {
            Tensor y = t.Output(shape, strided: true);
            run(t, y);
            return y;
        };
        Func<TestTensors, Tensor> Edits(EditKind kind, bool scaled, Func<TestTensors, Tensor> operand) => t =>
        {
            Tensor y = t.InOut(t.Normal(Rows * width), shape, strided: true);
            t.Ops.Edit(kind, y, t.Input(2, 0), scaled ? t.Input(0.5f, -3f) : default, operand(t));
            return y;
        };

        yield return ("Activate", Writes((t, y) => t.Ops.Activate(Activation.Silu, Numbers(t), Numbers(t), y)));
        yield return ("Add", Writes((t, y) => t.Ops.Add(Numbers(t), Numbers(t), y)));
        yield return ("AddPositions", Writes((t, y) => t.Ops.AddPositions(Numbers(t), t.Input(2, 0, 1), Numbers(t), 0, y)));
        yield return ("Affine", Writes((t, y) => t.Ops.Affine(Numbers(t), Vector(t), 1, Vector(t), y)));
        yield return ("Copy", Writes((t, y) => t.Ops.Copy(Numbers(t), y)));
        yield return ("GatherRows", Writes((t, y) => t.Ops.GatherRows(Numbers(t), t.Input(1, 1, 0), y)));
        yield return ("LayerNorm", Writes((t, y) => t.Ops.LayerNorm(Numbers(t), Vector(t), Vector(t), 1e-5f, y)));
        yield return ("Normalize", Writes((t, y) => t.Ops.Normalize(Numbers(t), t.Input([1f, 2, 3], new Shape(Rows, 1)), centered: true, y)));
        yield return ("RmsNorm", Writes((t, y) => t.Ops.RmsNorm(Numbers(t), Vector(t), 1, 1e-6f, y)));
        yield return ("RmsNorm, sum", Writes((t, y) => t.Ops.RmsNorm(Numbers(t), Vector(t), 1, 1e-6f, t.Output(shape), new NormTaps { Residual = Numbers(t), Sum = y })));
        yield return ("Softcap", Writes((t, y) => t.Ops.Softcap(Numbers(t), 1, y)));
        yield return ("Subtract", Writes((t, y) => t.Ops.Subtract(Numbers(t), Numbers(t), y)));
        yield return ("CompareRows", t =>
        {
            Tensor statistics = t.Output(new Shape(Rows, 4), strided: true);
            t.Ops.CompareRows(Numbers(t), Numbers(t), statistics);
            return statistics;
        }
        );
        yield return ("Rope", t =>
        {
            int pairs = width / 8 * 4;
            var angles = new Shape(Rows, pairs);
            Tensor y = t.Output(new Shape(Rows, 1, width), strided: true);
            t.Ops.Rope(Numbers(t).Reshape(Rows, 1, width), t.Input(t.Normal(Rows * pairs), angles), t.Input(t.Normal(Rows * pairs), angles), y);
            return y;
        }
        );
        yield return ("Edit, Add", Edits(EditKind.Add, scaled: true, Vector));
        yield return ("Edit, Scale", Edits(EditKind.Scale, scaled: true, t => default));
        yield return ("Edit, Zero", Edits(EditKind.Zero, scaled: false, t => default));
        yield return ("Edit, Replace", Edits(EditKind.Replace, scaled: false, t => t.Input(t.Normal(2 * width), new Shape(2, width), strided: true)));
        yield return ("Edit, ProjectOut", Edits(EditKind.ProjectOut, scaled: true, Vector));
        yield return ("Edit, Clamp", Edits(EditKind.Clamp, scaled: false, t => t.Input(-0.5f, 0.25f)));
    }
}
