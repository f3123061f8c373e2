using System.Runtime.InteropServices;
using Weir.Kernels.Cuda;
using Weir.Kernels.Cuda.Native;

namespace Weir.Kernels.Tests;

/// <summary>The library of FakeCuda/fake_cublaslt.cpp in the place of NVIDIA's cuBLASLt.</summary>
internal sealed unsafe class FakeCublasLt
{
    private readonly nint _handle;

    /// <summary>Loads it, as it is at the start; skips the test where it has not been built.</summary>
    public FakeCublasLt()
    {
        Assert.SkipUnless(IsBuilt, "The stand-in for cuBLASLt is not built: it needs g++ and cublasLt.h (CUDA_PATH).");
        _handle = NativeLibrary.Load(Path);
        Reset();
    }

    /// <summary>True where it has been built.</summary>
    public static bool IsBuilt => File.Exists(Path);

    /// <summary>The names of all calls so far.</summary>
    public string[] Calls => Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)Export("fake_lt_calls"))())!.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>How many things have not been given back.</summary>
    public int Live => ((delegate* unmanaged<int>)Export("fake_lt_live"))();

    private static string Path => System.IO.Path.Combine(RepositoryRoot.Path, "artifacts", "fake_cuda", "libfake_cublaslt.so");

    /// <summary>Opens it for a device; null where it has not been built.</summary>
    public static ICudaBlas? Open(CudaDevice device) => CublasLt.Open(device, Path);

    /// <summary>Lets a call fail once.</summary>
    public void Fail(string call, int status)
    {
        nint name = Marshal.StringToCoTaskMemUTF8(call);
        ((delegate* unmanaged<nint, int, void>)Export("fake_lt_fail"))(name, status);
        Marshal.FreeCoTaskMem(name);
    }

    /// <summary>From here on there is no algorithm for anything.</summary>
    public void ForgetAlgorithms() => ((delegate* unmanaged<void>)Export("fake_lt_without_algorithm"))();

    /// <summary>Makes it what it was at the start, for whoever comes next.</summary>
    public void Reset() => ((delegate* unmanaged<void>)Export("fake_lt_reset"))();

    private nint Export(string name) => NativeLibrary.GetExport(_handle, name);
}
