using System.Globalization;
using Weir.Kernels.Cuda.Native;

namespace Weir.Kernels.Cuda;

/// <summary>What this machine and this program have of CUDA.</summary>
public static class CudaSystem
{
    /// <summary>True where the program was built with nvcc, so that a GPU can run its kernels.</summary>
    public static bool HasKernels => KernelImage.AreBuilt;

    /// <summary>Where the emulator's library is, or null.</summary>
    public static string? EmulatorPath => EmulatorLibrary.Location;

    /// <summary>NVIDIA's libraries that Weir can use, whether they are here, and where.</summary>
    public static IReadOnlyList<CudaLibraryListing> Libraries() =>
    [
        Look("CUDA driver", NativeLibraries.CudaDriver),
        Look("cuBLASLt", NativeLibraries.CublasLt),
        Look("cuBLAS", NativeLibraries.Cublas),
        Look("NVTX", NativeLibraries.Nvtx),
    ];

    /// <summary>Every GPU that the driver shows, also those that cannot be used.</summary>
    /// <param name="problem">Why there is none to show: no driver, or one that does not start; else null.</param>
    public static IReadOnlyList<CudaDeviceListing> Devices(out string? problem) => Devices(() => CudaLibrary.Instance, out problem);

    internal static IReadOnlyList<CudaDeviceListing> Devices(Func<CudaLibrary> load, out string? problem)
    {
        try
        {
            CudaLibrary library = load();
            problem = library.DeviceCount == 0 ? "The CUDA driver shows no device." : null;
            return [.. Enumerable.Range(0, library.DeviceCount).Select(ordinal => Describe(library, ordinal))];
        }
        catch (CudaException e)
        {
            problem = e.Message;
            return [];
        }
    }

    private static CudaDeviceListing Describe(CudaLibrary library, int ordinal)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"cuda:{ordinal}");
        try
        {
            using var driver = new NativeCudaDriver(library, ordinal);
            return new CudaDeviceListing(name, driver.Facts, driver.FreeBytes, null);
        }
        catch (CudaException e)
        {
            return new CudaDeviceListing(name, null, 0, e.Message);
        }
    }

    private static CudaLibraryListing Look(string name, string[] files)
    {
        nint handle = NativeLibraries.Load(files, out string path);
        return new CudaLibraryListing(name, files, handle == 0 ? null : path);
    }
}
