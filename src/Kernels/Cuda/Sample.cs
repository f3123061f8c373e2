using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel SampleKernel = new("sample");

    public void Sample(Tensor logits, ReadOnlySpan<SamplingOptions> options, Tensor ids)
    {
        Check.Sample(logits, options, ids);
        _counters.Ops++;
        if (logits.Rows == 0)
        {
            return;
        }

        nint device = _scratch.Take((long)options.Length * sizeof(SamplingOptions));
        _driver.CopyToDevice(device, MemoryMarshal.AsBytes(options));
        var arguments = new SampleArguments
        {
            Logits = Floats(logits),
            Options = (SamplingOptions*)device,
            Ids = Integers(ids),
            Stride = logits.RowStride,
            Vocabulary = logits.Width,
            Wide = IsWide(logits) ? 1 : 0,
        };

        // Sixteen logits a thread and step.
        int threads = Math.Clamp(CeilDiv(logits.Width, 16 * 32) * 32, 32, 1024);
        Launch(SampleKernel, new Grid(logits.Rows), threads, arguments, new KernelWork(logits.Bytes));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct SampleArguments
    {
        public float* Logits;
        public SamplingOptions* Options;
        public int* Ids;
        public long Stride;
        public int Vocabulary, Wide;
    }
}
