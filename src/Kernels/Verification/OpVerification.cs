using System.Globalization;
using System.Runtime.InteropServices;
using Weir.Kernels.Cpu;

namespace Weir.Kernels.Verification;

/// <summary>Compares a device's ops with the portable body of the CPU's, case by case.</summary>
public static class OpVerification
{
    /// <summary>Number of cases.</summary>
    public static int Cases => OpCases.All.Count;

    /// <summary>Runs every case on a device.</summary>
    /// <param name="device">The device.</param>
    /// <exception cref="WeirException">A case does not run at all.</exception>
    public static IEnumerable<OpVerdict> Run(IDevice device) => Run(device, OpCases.All);

    internal static IEnumerable<OpVerdict> Run(IDevice device, IEnumerable<OpCase> cases)
    {
        using var reference = new CpuDevice(threads: 1, vectorBits: 128);
        foreach (OpCase c in cases)
        {
            yield return Run(reference, device, c);
        }
    }

    internal static OpVerdict Run(CpuDevice reference, IDevice device, OpCase c) => Compare(c, Results(reference, c), Results(device, c));

    private static float[][] Results(IDevice device, OpCase c)
    {
        using var operands = new CaseOperands(device);
        return [.. c.Run(operands).Select(t => Read(device, t))];
    }

    private static float[] Read(IDevice device, Tensor t)
    {
        byte[] bytes = new byte[t.Bytes];
        device.Read(t, bytes);
        return t.Type == ElementType.I32 ? [.. MemoryMarshal.Cast<byte, int>(bytes).ToArray().Select(i => (float)i)] : MemoryMarshal.Cast<byte, float>(bytes).ToArray();
    }

    private static OpVerdict Compare(OpCase c, float[][] expected, float[][] actual)
    {
        double worst = 0;
        string where = "";
        for (int r = 0; r < expected.Length; r++)
        {
            double largest = expected[r].Where(float.IsFinite).Select(v => Math.Abs((double)v)).DefaultIfEmpty(0).Max();
            for (int i = 0; i < expected[r].Length; i++)
            {
                double error = Error(expected[r][i], actual[r][i], largest);
                if (error > worst)
                {
                    worst = error;
                    where = string.Create(CultureInfo.InvariantCulture, $"element {i} of result {r} is {actual[r][i]:R}, the CPU has {expected[r][i]:R}");
                }
            }
        }

        return new OpVerdict(c.ToString(), worst, c.Tolerance, where);
    }

    private static double Error(float expected, float actual, double largest) =>
        expected.Equals(actual) || expected == actual ? 0
        : !float.IsFinite(expected) || !float.IsFinite(actual) ? double.PositiveInfinity
        : Math.Abs((double)expected - actual) / largest;
}
