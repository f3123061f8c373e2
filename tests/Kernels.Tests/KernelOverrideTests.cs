using System.Text;
using Weir.Kernels.Cuda;
using Weir.Kernels.Verification;

namespace Weir.Kernels.Tests;

/// <summary>A user's PTX in the place of a kernel, on a driver that runs kernels on the emulator.</summary>
public sealed class KernelOverrideTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();
    private readonly FakeCuda _fake = new();
    private readonly CudaDevice _device;
    private readonly string _ptx;

    public KernelOverrideTests()
    {
        Assert.SkipUnless(EmulatorLibrary.Location is not null, "The emulator's library is not built: make -C kernels/emulator.");
        Assert.SkipUnless(KernelImage.AreBuilt, "The program was built without nvcc.");
        _fake.RunOn(EmulatorLibrary.Location!);
        _fake.Set(capability: 80);
        _device = new CudaDevice(_fake.Open(), null, "cuda:0");
        _ptx = Encoding.UTF8.GetString(KernelImage.Load("rms_norm", _device.Facts)).TrimEnd('\0');
    }

    public void Dispose()
    {
        _device.Dispose();
        File.Delete(_file);
    }

    [Fact]
    public void CodeThatDoesTheSameIsTaken()
    {
        File.WriteAllText(_file, _ptx);
        Assert.Equal(3, KernelOverride.Apply(_device, "rms_norm", _file));
    }

    [Fact]
    public void CodeThatDoesSomethingElseIsAnErrorThatSaysWhere()
    {
        File.WriteAllText(_file, "// runs layer_norm\n" + _ptx);
        string message = Assert.Throws<WeirException>(() => KernelOverride.Apply(_device, "rms_norm", _file)).Message;
        Assert.StartsWith($"WrongKernel: with {_file} in the place of rms_norm, RmsNorm, 3 x 97 is off by ", message, StringComparison.Ordinal);
        Assert.True(message.Contains(" of result ", StringComparison.Ordinal), message);
    }

    [Fact]
    public void WhatCannotBeTakenIsASentence()
    {
        string Refused(string kernel, string file) => Assert.ThrowsAny<WeirException>(() => KernelOverride.Apply(_device, kernel, file)).Message;
        Assert.StartsWith("There is no kernel called 'rms_nor'", Refused("rms_nor", _file), StringComparison.Ordinal);
        Assert.StartsWith("The file /nowhere.ptx does not exist", Refused("rms_norm", "/nowhere.ptx"), StringComparison.Ordinal);
        File.WriteAllText(_file, _ptx.Replace(".entry rms_norm(", ".entry mine(", StringComparison.Ordinal));
        Assert.StartsWith("cuModuleGetFunction failed with CUDA_ERROR_NOT_FOUND (text of the error) for the kernel rms_norm", Refused("rms_norm", _file), StringComparison.Ordinal);
        File.WriteAllText(_file, _ptx);
        _fake.Fail("cuModuleLoadDataEx", 218);
        string failure = Refused("rms_norm", _file);
        Assert.True(failure.StartsWith($"cuModuleLoadDataEx failed with CUDA_ERROR_INVALID_PTX (text of the error) for {_file}, PTX 8.4 for sm_80", StringComparison.Ordinal), failure);
    }
}
