using System.Diagnostics.CodeAnalysis;

namespace Weir.Kernels;

/// <summary>Up to four dimensions, outermost first.</summary>
[SuppressMessage("Design", "CA1036", Justification = "Shapes have no order.")]
public readonly record struct Shape
{
    private readonly int _d0, _d1, _d2, _d3;

    /// <summary>Makes a shape of one to four dimensions.</summary>
    public Shape(params ReadOnlySpan<int> dimensions)
    {
        if (dimensions.Length is < 1 or > 4)
        {
            throw new ArgumentException($"A shape has one to four dimensions, not {dimensions.Length}.", nameof(dimensions));
        }

        foreach (int d in dimensions)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(d, nameof(dimensions));
        }

        Rank = dimensions.Length;
        _d0 = dimensions[0];
        _d1 = Rank > 1 ? dimensions[1] : 1;
        _d2 = Rank > 2 ? dimensions[2] : 1;
        _d3 = Rank > 3 ? dimensions[3] : 1;
    }

    /// <summary>Number of dimensions.</summary>
    public int Rank { get; }

    /// <summary>Size of a dimension.</summary>
    public int this[int dimension] => dimension switch
    {
        0 when Rank > 0 => _d0,
        1 when Rank > 1 => _d1,
        2 when Rank > 2 => _d2,
        3 when Rank > 3 => _d3,
        _ => throw new ArgumentOutOfRangeException(nameof(dimension), dimension, $"The shape {this} has {Rank} dimensions."),
    };

    /// <summary>Number of elements.</summary>
    public long Count => Rank == 0 ? 0 : (long)_d0 * _d1 * _d2 * _d3;

    /// <summary>Elements of one index of the first dimension.</summary>
    public int RowWidth => checked(_d1 * _d2 * _d3);

    /// <summary>The same shape with another first dimension.</summary>
    public Shape WithRows(int rows) => Rank switch
    {
        1 => new Shape(rows),
        2 => new Shape(rows, _d1),
        3 => new Shape(rows, _d1, _d2),
        _ => new Shape(rows, _d1, _d2, _d3),
    };

    /// <summary>The dimensions as an array.</summary>
    public int[] ToArray() => Rank switch
    {
        0 => [],
        1 => [_d0],
        2 => [_d0, _d1],
        3 => [_d0, _d1, _d2],
        _ => [_d0, _d1, _d2, _d3],
    };

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", ToArray())}]";
}
