namespace Weir.Kernels.Tests;

/// <summary>
/// What a product y = x W^T must give. In f32 every element has the bits of one chain of fused multiply-adds in the order of
/// the inputs. A device that computes in 16 bits rounds x to the type of W, exactly, and sums in f32 in an order of its own:
/// it is compared with the sum in f64 of the rounded operands.
/// </summary>
internal static class Products
{
    /// <summary>
    /// Largest error of a sum in an order of its own, as a part of sum |x w|: 10 half units in the last place, far less than
    /// one product of thousands.
    /// </summary>
    public const double SumError = 6e-7;

    /// <summary>Fails where y is not the product of x [rows, inputs] and W [outputs, inputs], both as f32.</summary>
    public static void Verify(TestTensors t, ElementType type, float[] x, float[] w, int rows, int inputs, int outputs, ReadOnlySpan<float> y, string what)
    {
        if (type == ElementType.F32 || !Devices.Computes16Bits(t.Name))
        {
            Oracle.SameBits(Chains(x, w, rows, inputs, outputs), y, $"{t.Name}, {what}");
            return;
        }

        float[] rounded = TestWeights.Round(x, type);
        for (int i = 0; i < rows * outputs; i++)
        {
            double sum = 0, magnitude = 0;
            int a = i / outputs * inputs, b = i % outputs * inputs;
            for (int k = 0; k < inputs; k++)
            {
                double product = (double)rounded[a + k] * w[b + k];
                sum += product;
                magnitude += Math.Abs(product);
            }

            Oracle.Within([sum], y.Slice(i, 1), SumError * magnitude, 0, $"{t.Name}, {what}, element {i}");
        }
    }

    /// <summary>x W^T, one chain an element.</summary>
    private static float[] Chains(float[] x, float[] w, int rows, int inputs, int outputs)
    {
        float[] y = new float[rows * outputs];
        for (int i = 0; i < y.Length; i++)
        {
            float sum = 0;
            int a = i / outputs * inputs, b = i % outputs * inputs;
            for (int k = 0; k < inputs; k++)
            {
                sum = MathF.FusedMultiplyAdd(x[a + k], w[b + k], sum);
            }

            y[i] = sum;
        }

        return y;
    }
}
