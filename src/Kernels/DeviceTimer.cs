namespace Weir.Kernels;

/// <summary>Measures the time that a device takes for the ops called between two points.</summary>
public abstract class DeviceTimer : IDisposable
{
    /// <summary>Time from the last <see cref="Start"/> to the <see cref="Stop"/> after it; waits for the ops before that.</summary>
    public abstract double Seconds { get; }

    /// <summary>The first point: after the ops called so far.</summary>
    public abstract void Start();

    /// <summary>The second point: after the ops called so far.</summary>
    public abstract void Stop();

    /// <summary>Gives back what the timer holds.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what the timer holds.</summary>
    protected abstract void Dispose(bool disposing);
}
