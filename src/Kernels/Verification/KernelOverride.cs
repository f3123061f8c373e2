using System.Globalization;
using Weir.Kernels.Cpu;
using Weir.Kernels.Cuda;

namespace Weir.Kernels.Verification;

/// <summary>A user's own code in the place of one kernel.</summary>
public static class KernelOverride
{
    /// <summary>
    /// Loads PTX in the place of a kernel and compares the ops that launch it with the CPU's, so that nothing wrong is ever
    /// timed.
    /// </summary>
    /// <param name="device">The device; after an error it still has the new code.</param>
    /// <param name="kernel">The kernel's name, which the PTX must have an entry of.</param>
    /// <param name="path">A file of PTX.</param>
    /// <returns>Cases that were compared.</returns>
    /// <exception cref="WeirException">There is no such kernel or file, the code does not load, or it computes something else.</exception>
    public static int Apply(CudaDevice device, string kernel, string path)
    {
        if (KernelTable.Rows.All(r => r.Kernel != kernel))
        {
            throw new WeirException($"There is no kernel called '{kernel}'; weir kernels lists them.");
        }

        if (!File.Exists(path))
        {
            throw new WeirException($"The file {path} does not exist.");
        }

        device.Replace(kernel, File.ReadAllText(path), path);
        using var reference = new CpuDevice(threads: 1, vectorBits: 128);
        int compared = 0;
        foreach (OpCase c in OpCases.All)
        {
            using CudaProfile profile = device.StartProfile();
            OpVerdict verdict = OpVerification.Run(reference, device, c);
            profile.Stop();
            if (profile.Launches.All(l => l.Kernel != kernel))
            {
                continue;
            }

            compared++;
            if (!verdict.IsRight)
            {
                throw new WeirException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"WrongKernel: with {path} in the place of {kernel}, {verdict.Case} is off by {verdict.Error:G3} of its largest value ({verdict.Tolerance:G3} is allowed): {verdict.Where}."));
            }
        }

        return compared > 0 ? compared : throw new WeirException($"No case of the self-test launches {kernel} on {device.Name}, so that {path} cannot be verified.");
    }
}
