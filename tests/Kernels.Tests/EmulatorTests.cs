using System.Runtime.InteropServices;
using Weir.Kernels.Cuda;

namespace Weir.Kernels.Tests;

/// <summary>
/// The emulator that the kernels are tested on is itself tested: the kernels of kernels/emulator/faults use every word of
/// CUDA that it knows and are right with every seed; with a fault planted in them a few seeds show it, as an error or as a
/// wrong result.
/// </summary>
public sealed unsafe partial class EmulatorTests
{
    private const int Seeds = 20;
    private const int SeedsForFaults = 5;

    private static IEnumerable<long> AllSeeds => Enumerable.Range(0, Seeds + 1).Select(s => (long)s);

    private static void RightWithEverySeed(Func<long, (float[] Expected, float[] Actual)> run)
    {
        foreach (long seed in AllSeeds)
        {
            (float[] expected, float[] actual) = run(seed);
            Oracle.SameBits(expected, actual, $"seed {seed}");
        }
    }

    private static void SeenWithAFewSeeds(Func<long, (float[] Expected, float[] Actual)> run)
    {
        for (long seed = 0; seed < SeedsForFaults; seed++)
        {
            try
            {
                (float[] expected, float[] actual) = run(seed);
                if (!MemoryMarshal.AsBytes(expected.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(actual.AsSpan())))
                {
                    return;
                }
            }
            catch (CudaException)
            {
                return;
            }
        }

        Assert.Fail("No seed shows the fault.");
    }
}
