namespace Weir.Analysis.Benchmarks;

/// <summary>Several things that are freed together, in their order.</summary>
internal sealed class Owned(params IDisposable[] items) : IDisposable
{
    public void Dispose()
    {
        foreach (IDisposable item in items)
        {
            item.Dispose();
        }
    }
}
