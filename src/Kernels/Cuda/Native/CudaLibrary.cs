using System.Runtime.InteropServices;

namespace Weir.Kernels.Cuda.Native;

/// <summary>NVIDIA's driver library, found at run time: libcuda.so.1 on Linux, nvcuda.dll on Windows.</summary>
internal sealed unsafe class CudaLibrary
{
    private static readonly Lazy<CudaLibrary> Loaded = new(() => new CudaLibrary(null));

    /// <summary>Loads the library and starts the driver.</summary>
    /// <param name="path">The file; null for the system's.</param>
    /// <exception cref="CudaException">There is none, it is older than CUDA 12, or it does not start.</exception>
    public CudaLibrary(string? path)
    {
        nint library = NativeLibraries.Load(path is null ? NativeLibraries.CudaDriver : [path], out _);
        if (library == 0)
        {
            throw new CudaException($"There is no CUDA driver on this machine ({string.Join(", ", NativeLibraries.CudaDriver)} cannot be loaded); install NVIDIA's driver, or use --device cpu.");
        }

        Calls = NativeLibraries.Bind<CudaEntryPoints>(library, out string? missing);
        if (missing is not null)
        {
            throw new CudaException($"The CUDA driver of this machine has no {missing}, so it is older than CUDA 12; update it, or use --device cpu.");
        }

        Check(Calls.cuInit(0));
        int version;
        Check(Calls.cuDriverGetVersion(&version));
        Version = version;
        int count;
        Check(Calls.cuDeviceGetCount(&count));
        DeviceCount = count;
    }

    /// <summary>The system's, loaded once.</summary>
    public static CudaLibrary Instance => Loaded.Value;

    /// <summary>CUDA version of the driver, 12040 for 12.4.</summary>
    public int Version { get; }

    /// <summary>Devices that the driver shows.</summary>
    public int DeviceCount { get; }

    /// <summary>What it exports.</summary>
    public CudaEntryPoints Calls { get; }

    /// <summary>An error of a call: its name, what the driver calls the error, and what was being done.</summary>
    /// <param name="result">CUresult.</param>
    /// <param name="call">The call as it stands in the source: everything but the entry point's name is cut off.</param>
    /// <param name="detail">What it was asked to do, with what to do about it.</param>
    public CudaException Failure(int result, string call, string detail)
    {
        byte* name = null;
        byte* text = null;
        _ = Calls.cuGetErrorName(result, &name);
        _ = Calls.cuGetErrorString(result, &text);
        string error = Marshal.PtrToStringUTF8((nint)name) ?? $"error {result}";
        return new CudaException($"{EntryPoint(call)} failed with {error} ({Marshal.PtrToStringUTF8((nint)text) ?? "unknown to this driver"}){detail}.");
    }

    /// <summary>
    /// True for what a kernel broke while it ran (an address, an instruction, an assertion, ...): it comes at a later call,
    /// and every call after it fails with the same.
    /// </summary>
    public static bool IsFaultOfKernel(int result) => result is 214 or 700 or 702 or 710 or (>= 714 and <= 719);

    /// <summary>The name in a call as it stands in the source, without the version at its end.</summary>
    public static string EntryPoint(string call)
    {
        int start = call.IndexOf("cu", call.IndexOf('.', StringComparison.Ordinal) + 1, StringComparison.Ordinal);
        string name = call[start..call.IndexOf('(', start)];
        int version = name.IndexOf("_v", StringComparison.Ordinal);
        return version < 0 ? name : name[..version];
    }

    private void Check(int result, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != 0)
        {
            throw Failure(result, call, ": the CUDA driver does not start; see what nvidia-smi says, or use --device cpu");
        }
    }
}
