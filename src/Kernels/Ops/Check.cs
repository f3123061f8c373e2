using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Weir.Kernels.Ops;

/// <summary>
/// Checks of operands that every device makes first, so that a wrong shape never becomes a wrong address.
/// </summary>
internal static partial class Check
{
    /// <summary>F32 with so many rows of so many elements, however the row is divided; rows may have a stride.</summary>
    public static void Rows(Tensor t, int rows, int width, [CallerArgumentExpression(nameof(t))] string name = "")
    {
        if (t.IsAbsent || t.Type != ElementType.F32 || t.Rows != rows || t.Width != width)
        {
            Throw(t, $"f32 with {rows} rows of {width}", name);
        }
    }

    /// <summary>F32 with a row for each row of another tensor and as wide.</summary>
    public static void Like(Tensor t, Tensor model, [CallerArgumentExpression(nameof(t))] string name = "") =>
        Rows(t, model.Rows, model.Width, name);

    /// <summary>F32, any shape.</summary>
    public static void Floats(Tensor t, [CallerArgumentExpression(nameof(t))] string name = "")
    {
        if (t.IsAbsent || t.Type != ElementType.F32)
        {
            Throw(t, "f32", name);
        }
    }

    /// <summary>F32 of so many elements without a gap.</summary>
    public static void Vector(Tensor t, int count, [CallerArgumentExpression(nameof(t))] string name = "")
    {
        if (t.IsAbsent || t.Type != ElementType.F32 || t.Shape.Count != count || !t.IsContiguous)
        {
            Throw(t, $"{count} contiguous f32", name);
        }
    }

    /// <summary>I32 of so many elements without a gap.</summary>
    public static void Integers(Tensor t, int count, [CallerArgumentExpression(nameof(t))] string name = "")
    {
        if (t.IsAbsent || t.Type != ElementType.I32 || t.Shape.Count != count || !t.IsContiguous)
        {
            Throw(t, $"{count} contiguous i32", name);
        }
    }

    /// <summary>No tensor.</summary>
    public static void Absent(Tensor t, string why, [CallerArgumentExpression(nameof(t))] string name = "")
    {
        if (!t.IsAbsent)
        {
            throw new ArgumentException($"The operand {name} is given, but {why}.", name);
        }
    }

    /// <summary>Anything else that must hold.</summary>
    public static void That([DoesNotReturnIf(false)] bool condition, string must)
    {
        if (!condition)
        {
            throw new ArgumentException(must);
        }
    }

    [DoesNotReturn]
    private static void Throw(Tensor t, string wanted, string name)
    {
        string found = t.IsAbsent ? "absent" : $"{t.Type.Name()} {t.Shape} with row stride {t.RowStride}";
        throw new ArgumentException($"The operand {name} must be {wanted}, but is {found}.", name);
    }
}
