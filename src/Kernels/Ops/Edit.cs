namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>Changes some rows in place; other rows keep their bits.</summary>
    /// <param name="kind">What to do; see <see cref="EditKind"/>.</param>
    /// <param name="target">F32 [n, width]; rows may have a stride (one head's columns, one neuron).</param>
    /// <param name="rows">I32 [m]: rows to change, each once.</param>
    /// <param name="coefficients">F32 [m], or absent where the kind has none.</param>
    /// <param name="operand">
    /// F32 [width] for all rows, or [m, width] row by row; [2] (low, high) for Clamp; absent where the kind has none.
    /// </param>
    void Edit(EditKind kind, Tensor target, Tensor rows, Tensor coefficients, Tensor operand);
}

internal static partial class Check
{
    /// <summary>True where one operand serves all rows.</summary>
    public static bool Edit(EditKind kind, Tensor target, Tensor rows, Tensor coefficients, Tensor operand)
    {
        Floats(target);
        int count = rows.IsAbsent ? 0 : checked((int)rows.Shape.Count);
        Integers(rows, count);
        if (kind is EditKind.Add or EditKind.Scale or EditKind.ProjectOut)
        {
            Vector(coefficients, count);
        }
        else
        {
            Absent(coefficients, "this kind of edit has none");
        }

        switch (kind)
        {
            case EditKind.Scale or EditKind.Zero:
                Absent(operand, "this kind of edit has none");
                return true;
            case EditKind.Clamp:
                Vector(operand, 2);
                return true;
            case EditKind.Add or EditKind.Replace or EditKind.ProjectOut:
                if (!operand.IsAbsent && operand.Shape.Rank == 1 && operand.Shape.Count == target.Width)
                {
                    Vector(operand, target.Width);
                    return true;
                }

                Rows(operand, count, target.Width);
                return false;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "This is not a kind of edit.");
        }
    }
}
