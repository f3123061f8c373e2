namespace Weir.Kernels;

/// <summary>
/// Ops that can be run again and again; see <see cref="IDevice.Record"/>. Dispose it before the memory of its operands is
/// given back.
/// </summary>
public interface IRecording : IDisposable
{
    /// <summary>Runs the ops, in order with all other work of the device.</summary>
    void Run();
}
