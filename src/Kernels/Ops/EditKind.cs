namespace Weir.Kernels.Ops;

/// <summary>What an edit does to a row x, with its coefficient c and operand v.</summary>
public enum EditKind
{
    /// <summary>x + c v.</summary>
    Add,

    /// <summary>c x.</summary>
    Scale,

    /// <summary>0.</summary>
    Zero,

    /// <summary>v.</summary>
    Replace,

    /// <summary>x - c (x . v / v . v) v: at c = 1 nothing is left along v.</summary>
    ProjectOut,

    /// <summary>Each element into v[0] .. v[1].</summary>
    Clamp,
}
