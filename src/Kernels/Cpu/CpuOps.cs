using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

/// <summary>The CPU body of every op, one part a file, generic over the vector width.</summary>
internal sealed unsafe partial class CpuOps<TSimd, TVector> : IOps
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    private readonly CpuWorkers _workers;
    private readonly DeviceCounters _counters;

    public CpuOps(CpuWorkers workers, DeviceCounters counters)
    {
        _workers = workers;
        _counters = counters;
    }

    /// <summary>Address of row 0, element 0 of an f32 operand.</summary>
    private static float* Floats(Tensor t) => t.IsAbsent ? null : (float*)t.Address;

    /// <summary>Address of element 0 of an i32 operand.</summary>
    private static int* Integers(Tensor t) => t.IsAbsent ? null : (int*)t.Address;
}
