using System.Runtime.InteropServices;
using Weir.Kernels.Cuda.Native;

namespace Weir.Kernels.Tests;

/// <summary>The library of FakeCuda/fake_cuda.cpp in the place of NVIDIA's driver.</summary>
internal sealed unsafe class FakeCuda
{
    /// <summary>PTX of a kernel called "add" that takes 16 bytes of arguments.</summary>
    public const string Ptx = "//\n.version 8.4\n.target sm_80\n.visible .entry add(\n.param .align 8 .b8 add_param_0[16]\n)\n\0";

    private readonly nint _handle;

    /// <summary>Loads it, as it is at the start; skips the test where it has not been built.</summary>
    public FakeCuda()
    {
        Assert.SkipUnless(File.Exists(Path), "The stand-in for libcuda is not built: it needs g++ and cuda.h (CUDA_PATH).");
        _handle = NativeLibrary.Load(Path);
        ((delegate* unmanaged<void>)Export("fake_reset"))();
    }

    /// <summary>Every call that the driver keeps a note of, a line each.</summary>
    public string[] Calls => Text("fake_calls").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>How many of each kind of thing have not been given back.</summary>
    public string Live => Text("fake_live");

    private static string Path => System.IO.Path.Combine(RepositoryRoot.Path, "artifacts", "fake_cuda", "libfake_cuda.so");

    /// <summary>The driver library.</summary>
    public CudaLibrary Load() => new(Path);

    /// <summary>A device on it.</summary>
    public NativeCudaDriver Open(int ordinal = 0) => new(Load(), ordinal);

    /// <summary>Lets a call fail once, after it has been well so many times.</summary>
    public void Fail(string call, int result, int skip = 0)
    {
        nint name = Marshal.StringToCoTaskMemUTF8(call);
        ((delegate* unmanaged<nint, int, int, void>)Export("fake_fail"))(name, result, skip);
        Marshal.FreeCoTaskMem(name);
    }

    /// <summary>Lets every call fail, as after a kernel's fault; 0 ends it.</summary>
    public void Break(int result) => ((delegate* unmanaged<int, void>)Export("fake_break"))(result);

    /// <summary>Sets what the machine has.</summary>
    public void Set(int devices = 2, int capability = 90, bool pools = true) =>
        ((delegate* unmanaged<int, int, int, void>)Export("fake_set"))(devices, capability, pools ? 1 : 0);

    /// <summary>Sets what the compiler will have to say.</summary>
    public void SetJitLog(string log)
    {
        nint text = Marshal.StringToCoTaskMemUTF8(log);
        ((delegate* unmanaged<nint, void>)Export("fake_jit_log"))(text);
        Marshal.FreeCoTaskMem(text);
    }

    /// <summary>Runs kernels on an emulator's library.</summary>
    public void RunOn(string emulator)
    {
        nint path = Marshal.StringToCoTaskMemUTF8(emulator);
        Assert.Equal(1, ((delegate* unmanaged<nint, int>)Export("fake_emulator"))(path));
        Marshal.FreeCoTaskMem(path);
    }

    private string Text(string export) => Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)Export(export))())!;

    private nint Export(string name) => NativeLibrary.GetExport(_handle, name);
}
