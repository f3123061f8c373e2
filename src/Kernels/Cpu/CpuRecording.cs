namespace Weir.Kernels.Cpu;

/// <summary>Ops to be run again. To call them is all that it takes on the CPU.</summary>
internal sealed class CpuRecording(Action ops) : IRecording
{
    public void Run() => ops();

    public void Dispose()
    {
        // Nothing is held.
    }
}
