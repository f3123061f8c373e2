namespace Weir.Kernels.Ops;

/// <summary>What an edit does to a row x, with its coefficient c and operand v.</summary>
public enum EditKind
{
    /// <summary>x + c v, rounded once; c = 0 changes no bit.</summary>
    Add,

    /// <summary>c x; c = 1 changes no bit.</summary>
    Scale,

    /// <summary>0.</summary>
    Zero,

    /// <summary>v.</summary>
    Replace,

    /// <summary>x - c (x . v / v . v) v, the factor in f64: at c = 1 nothing is left along v. c = 0 or v = 0 changes no bit.</summary>
    ProjectOut,

    /// <summary>Each element into v[0] .. v[1].</summary>
    Clamp,
}
