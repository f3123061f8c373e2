using Weir.Kernels.Cuda;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

/// <summary>
/// What is asked of cuBLASLt, against a library in its place that is compiled with NVIDIA's header. The products themselves
/// are compared by <see cref="MatMulTests"/>, whose device emulated-80-fast-1 has that library.
/// </summary>
public sealed class CublasLtTests : IDisposable
{
    /// <summary>Other tests take products from the library too.</summary>
    public void Dispose()
    {
        if (FakeCublasLt.IsBuilt)
        {
            new FakeCublasLt().Reset();
        }
    }

    private const int Rows = 40, Inputs = 24, Outputs = 10;

    [Fact]
    public void AShapeIsAskedAboutOnce()
    {
        var library = new FakeCublasLt();
        using var t = new TestTensors(Open(), "cublaslt");
        IDevice device = t.Device;
        foreach (ElementType type in (ElementType[])[ElementType.F32, ElementType.BF16, ElementType.F16])
        {
            using WeightMatrix w = TestWeights.Load(device, t.Normal(Outputs * Inputs), Outputs, Inputs, type);
            Tensor x = t.Input(t.Normal(Rows * Inputs), new Shape(Rows, Inputs)), y = t.Output(new Shape(Rows, Outputs));
            Tensor bias = t.Input(t.Normal(Outputs)), other = t.Input(t.Normal(Outputs));
            int asked = Count(library, "cublasLtMatmulAlgoGetHeuristic");
            device.Ops.MatMul(x, w, y);
            device.Ops.MatMul(x, w, y);
            Assert.Equal(asked + 1, Count(library, "cublasLtMatmulAlgoGetHeuristic"));
            device.Ops.MatMul(x, w, y, new MatMulOptions { Bias = bias });
            device.Ops.MatMul(x, w, y, new MatMulOptions { Bias = other });
            Assert.Equal(asked + 2, Count(library, "cublasLtMatmulAlgoGetHeuristic"));
        }
    }

    [Fact]
    public void DisposingGivesEverythingBack()
    {
        var library = new FakeCublasLt();
        int live = library.Live;
        CudaDevice device = Open();
        using (var t = new TestTensors(device, "cublaslt"))
        {
            using WeightMatrix w = TestWeights.Load(device, t.Normal(Outputs * Inputs), Outputs, Inputs, ElementType.BF16);
            Tensor x = t.Input(t.Normal(Rows * Inputs), new Shape(Rows, Inputs)), y = t.Output(new Shape(Rows, Outputs));
            device.Ops.MatMul(x, w, y, new MatMulOptions { Residual = y });
            Assert.True(library.Live > live);
        }

        Assert.Equal(live, library.Live);
        Assert.Equal(0, device.Counters.BytesAllocated);
    }

    [Fact]
    public void AFailureNamesCallStatusAndProduct()
    {
        var library = new FakeCublasLt();
        foreach (string call in (string[])["cublasLtCreate", "cublasLtMatmulDescCreate", "cublasLtMatmulDescSetAttribute", "cublasLtMatrixLayoutCreate", "cublasLtMatmulPreferenceCreate", "cublasLtMatmulPreferenceSetAttribute", "cublasLtMatmulAlgoGetHeuristic", "cublasLtMatmul"])
        {
            int live = library.Live;
            using (var t = new TestTensors(Open(), "cublaslt"))
            {
                using WeightMatrix w = TestWeights.Load(t.Device, t.Normal(Outputs * Inputs), Outputs, Inputs, ElementType.F16);
                Tensor x = t.Input(t.Normal(Rows * Inputs), new Shape(Rows, Inputs)), y = t.Output(new Shape(Rows, Outputs));
                library.Fail(call, 13);
                CudaException error = Assert.Throws<CudaException>(() => t.Ops.MatMul(x, w, y));
                Assert.Contains($"{call} failed with CUBLAS_STATUS_EXECUTION_FAILED (as the test wanted)", error.Message, StringComparison.Ordinal);
                Assert.Contains(call == "cublasLtCreate" ? "libfake_cublaslt.so" : "40 rows of 24 f16 by [10, 24]", error.Message, StringComparison.Ordinal);
            }

            Assert.Equal(live, library.Live);
        }
    }

    [Fact]
    public void WhatTheLibraryDoesNotKnowOwnKernelsDo()
    {
        var library = new FakeCublasLt();
        library.ForgetAlgorithms();
        float[] Run(CudaDevice device)
        {
            using var t = new TestTensors(device, "cublaslt");
            using WeightMatrix w = TestWeights.Load(device, t.Normal(Outputs * Inputs), Outputs, Inputs, ElementType.BF16);
            Tensor y = t.Output(new Shape(Rows, Outputs));
            device.Ops.MatMul(t.Input(t.Normal(Rows * Inputs), new Shape(Rows, Inputs)), w, y, new MatMulOptions { Activation = Activation.Silu });
            return t.Read(y);
        }

        Oracle.SameBits(Run(CudaDevice.OpenEmulated()), Run(Open()), "without an algorithm");
        Assert.Contains("cublasLtMatmulAlgoGetHeuristic", library.Calls);
        Assert.DoesNotContain("cublasLtMatmul", library.Calls);
    }

    [Fact]
    public void DeterministicAndFewRowsDoWithoutIt()
    {
        var library = new FakeCublasLt();
        foreach ((CudaOptions options, int rows) in new[]
        {
            (new CudaOptions { Deterministic = true }, Rows), (new CudaOptions { Precision = CudaPrecision.F32 }, Rows), (new CudaOptions(), 8),
        })
        {
            using var t = new TestTensors(Open(options), "cublaslt");
            foreach (ElementType type in (ElementType[])[ElementType.F32, ElementType.BF16])
            {
                using WeightMatrix w = TestWeights.Load(t.Device, t.Normal(Outputs * Inputs), Outputs, Inputs, type);
                t.Ops.MatMul(t.Input(t.Normal(rows * Inputs), new Shape(rows, Inputs)), w, t.Output(new Shape(rows, Outputs)));
            }
        }

        Assert.Empty(library.Calls);
    }

    [Fact]
    public void AProfileSeesItByItsName()
    {
        _ = new FakeCublasLt();
        CudaDevice device = Open();
        using var t = new TestTensors(device, "cublaslt");
        using WeightMatrix w = TestWeights.Load(device, t.Normal(Outputs * Inputs), Outputs, Inputs, ElementType.BF16);
        Tensor x = t.Input(t.Normal(Rows * Inputs), new Shape(Rows, Inputs));
        using CudaProfile profile = device.StartProfile();
        device.Ops.MatMul(x, w, t.Output(new Shape(Rows, Outputs)), new MatMulOptions { Activation = Activation.Relu });
        profile.Stop();
        Assert.Equal(["cast_rows_bf16", "cuBLASLt", "finish_product"], profile.Launches.Select(l => l.Kernel));
        KernelProfile library = profile.Kernels.Single(k => k.Kernel == "cuBLASLt");
        Assert.Equal(2 * Rows * Inputs * Outputs, library.Flops);
        Assert.Equal((2 * ((Rows * Inputs) + (Outputs * Inputs))) + (4 * Rows * Outputs), library.Bytes);
    }

    private static CudaDevice Open(CudaOptions? options = null)
    {
        Assert.SkipUnless(EmulatorLibrary.Location is not null, "The emulator's library is not built: make -C kernels/emulator.");
        return new CudaDevice(new EmulatedCudaDriver(new EmulatorOptions()), options, "emulated", FakeCublasLt.Open);
    }

    private static int Count(FakeCublasLt library, string call) => library.Calls.Count(c => c == call);
}
