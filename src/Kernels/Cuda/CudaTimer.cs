namespace Weir.Kernels.Cuda;

/// <summary>Two events on the device's stream: what the device's own clock says.</summary>
internal sealed class CudaTimer(ICudaDriver driver) : DeviceTimer
{
    private readonly nint _start = driver.CreateEvent();
    private readonly nint _stop = driver.CreateEvent();

    public override double Seconds => driver.ElapsedMilliseconds(_start, _stop) / 1000;

    public override void Start() => driver.RecordEvent(_start);

    public override void Stop() => driver.RecordEvent(_stop);

    protected override void Dispose(bool disposing)
    {
        driver.DestroyEvent(_start);
        driver.DestroyEvent(_stop);
    }
}
