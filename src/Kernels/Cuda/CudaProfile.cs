namespace Weir.Kernels.Cuda;

/// <summary>
/// Times every launch of a device between <see cref="CudaDevice.StartProfile"/> and <see cref="Stop"/>, with an event before
/// and one after it, less what two events with nothing between them take. A kernel that the host brings later than the
/// device asks for it is charged with the wait. Recordings made meanwhile run launch by launch, so that each is seen.
/// </summary>
public sealed class CudaProfile : IDisposable
{
    // Events are collected, and used again, so many launches at a time.
    private const int MostPending = 4096;

    private readonly CudaDevice _device;
    private readonly ICudaDriver _driver;
    private readonly List<Pending> _pending = [];
    private readonly List<ProfiledLaunch> _launches = [];
    private readonly Dictionary<string, nint> _functions = new(StringComparer.Ordinal);
    private readonly List<nint> _events = [];
    private readonly double _overhead;
    private int _used;
    private nint _origin;
    private double _originSeconds;

    internal CudaProfile(CudaDevice device)
    {
        _device = device;
        _driver = device.Driver;
        _overhead = Enumerable.Range(0, 16).Min(_ => EmptySeconds());
        _used = 0;
        _origin = Mark();
    }

    /// <summary>All launches in their order.</summary>
    public IReadOnlyList<ProfiledLaunch> Launches => _launches;

    /// <summary>Kernels, the one that took most time first.</summary>
    public IReadOnlyList<KernelProfile> Kernels =>
    [
        .. _launches.GroupBy(l => (l.Kernel, l.File)).Select(g => Summary(g.Key.Kernel, g.Key.File, [.. g])).OrderByDescending(k => k.Seconds).ThenBy(k => k.Kernel, StringComparer.Ordinal),
    ];

    /// <summary>Ends the measurement; waits for the device.</summary>
    public void Stop()
    {
        if (_device.Profile == this)
        {
            _device.Profile = null;
            Collect();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_device.Profile == this)
        {
            _device.Profile = null;
        }

        foreach (nint handle in _events)
        {
            _driver.DestroyEvent(handle);
        }

        _events.Clear();
    }

    internal void Launch(in CudaLaunch launch, string file, KernelWork work)
    {
        nint start = Begin(launch.Kernel);
        _driver.Launch(launch);
        End(launch, file, work, start);
    }

    /// <summary>A library's product, whose kernels are the library's own affair: it is seen under the library's name.</summary>
    internal bool Multiply(ICudaBlas blas, in BlasProduct product, KernelWork work)
    {
        var launch = new CudaLaunch(0, blas.Name, default, 0, 0, 0, 0);
        nint start = Begin(launch.Kernel);
        bool isDone = blas.Multiply(product);
        if (isDone)
        {
            End(launch, "", work, start);
        }
        else
        {
            Nvtx.Pop();
        }

        return isDone;
    }

    private nint Begin(string name)
    {
        if (_pending.Count == MostPending)
        {
            Collect();
        }

        Nvtx.Push(name);
        return Mark();
    }

    private void End(in CudaLaunch launch, string file, KernelWork work, nint start)
    {
        _pending.Add(new Pending(launch, file, work, start, Mark()));
        Nvtx.Pop();
        _functions[launch.Kernel] = launch.Function;
    }

    private KernelProfile Summary(string kernel, string file, ProfiledLaunch[] launches)
    {
        ProfiledLaunch shape = launches.GroupBy(l => (l.Grid, l.Threads, l.SharedBytes)).MaxBy(g => g.Sum(l => l.Seconds))!.First();
        CudaFunctionFacts facts = _functions[kernel] is var function and not 0 ? _driver.GetFunctionFacts(function, shape.Threads, shape.SharedBytes) : default;
        return new KernelProfile(kernel, file, launches, facts, (double)facts.BlocksPerMultiprocessor * shape.Threads / _device.Facts.ThreadsPerMultiprocessor);
    }

    private void Collect()
    {
        nint last = Mark();
        double span = _driver.ElapsedMilliseconds(_origin, last) / 1000;
        foreach (Pending p in _pending)
        {
            double start = _originSeconds + (_driver.ElapsedMilliseconds(_origin, p.Start) / 1000);
            double seconds = Math.Max(0, (_driver.ElapsedMilliseconds(p.Start, p.Stop) / 1000) - _overhead);
            _launches.Add(new ProfiledLaunch(p.Launch.Kernel, p.File, p.Launch.Grid, p.Launch.Threads, p.Launch.SharedBytes, p.Work.Bytes, p.Work.Flops, start, seconds));
        }

        // The last event is the next origin: event times are floats, which lose microseconds in the course of minutes.
        _pending.Clear();
        int at = _events.IndexOf(last);
        (_events[0], _events[at]) = (_events[at], _events[0]);
        _origin = last;
        _originSeconds += span;
        _used = 1;
    }

    private double EmptySeconds()
    {
        _used = 0;
        nint start = Mark();
        nint stop = Mark();
        return _driver.ElapsedMilliseconds(start, stop) / 1000;
    }

    private nint Mark()
    {
        if (_used == _events.Count)
        {
            _events.Add(_driver.CreateEvent());
        }

        nint handle = _events[_used++];
        _driver.RecordEvent(handle);
        return handle;
    }

    private readonly record struct Pending(CudaLaunch Launch, string File, KernelWork Work, nint Start, nint Stop);
}
