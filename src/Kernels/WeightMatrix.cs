namespace Weir.Kernels;

/// <summary>A weight matrix W [outputs, inputs] in a layout that only its device knows.</summary>
public abstract class WeightMatrix : IDisposable
{
    /// <summary>Describes a matrix.</summary>
    protected WeightMatrix(int inputs, int outputs, ElementType type)
    {
        Inputs = inputs;
        Outputs = outputs;
        Type = type;
    }

    /// <summary>Width of a product's operand.</summary>
    public int Inputs { get; }

    /// <summary>Width of a product's result.</summary>
    public int Outputs { get; }

    /// <summary>Element type as stored.</summary>
    public ElementType Type { get; }

    /// <summary>Bytes of device memory.</summary>
    public abstract long Bytes { get; }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back.</summary>
    protected abstract void Dispose(bool disposing);
}
