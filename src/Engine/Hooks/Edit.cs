namespace Weir.Engine.Hooks;

/// <summary>
/// A change of values while they flow. Edits are data: what, where, on which positions, sequences and columns, how
/// strongly. They act in prefill and in generation alike.
/// </summary>
public sealed record Edit
{
    private Edit(Site site, EditAction action, float[]? operand)
    {
        Site = site;
        Action = action;
        Operand = operand;
    }

    /// <summary>Where.</summary>
    public Site Site { get; init; }

    /// <summary>What.</summary>
    public EditAction Action { get; }

    /// <summary>
    /// v: one value for all columns, one row of the columns' width, or, for Replace and Add, that many rows as the range
    /// has positions, one after another; on attention maps, whose rows are as wide as a sequence has keys, also that many
    /// rows for each head, head by head, where no <see cref="Head"/> is named. Low and high for Clamp.
    /// </summary>
    public float[]? Operand { get; }

    /// <summary>
    /// Positions, in each sequence. Indices from the end count from the end of its prompt, which in a pass that continues a
    /// cache is the end of that pass's tokens; a range without an end goes on into what is generated. All by default. A
    /// pass in which an edit meets no row at all is an error.
    /// </summary>
    public Range Positions { get; init; } = Range.All;

    /// <summary>Sequences of the batch, or null for all.</summary>
    public IReadOnlyList<int>? Sequences { get; init; }

    /// <summary>c: one for all, or one for each of the sequences.</summary>
    public IReadOnlyList<float> Coefficients { get; init; } = [1f];

    /// <summary>Columns of a row, flattened; on attention maps, keys. All by default.</summary>
    public Range Columns { get; init; } = Range.All;

    /// <summary>Head, at sites that have heads, or null for all; <see cref="Columns"/> then counts within it.</summary>
    public int? Head { get; init; }

    /// <summary>x + coefficient v.</summary>
    public static Edit Add(Site site, float[] vector, float coefficient = 1) =>
        new(site, EditAction.Add, vector) { Coefficients = [coefficient] };

    /// <summary>factor x.</summary>
    public static Edit Scale(Site site, float factor) => new(site, EditAction.Scale, null) { Coefficients = [factor] };

    /// <summary>0.</summary>
    public static Edit Zero(Site site) => new(site, EditAction.Zero, null);

    /// <summary>v.</summary>
    public static Edit Replace(Site site, float[] values) => new(site, EditAction.Replace, values);

    /// <summary>x less its part along v.</summary>
    public static Edit ProjectOut(Site site, float[] direction, float coefficient = 1) =>
        new(site, EditAction.ProjectOut, direction) { Coefficients = [coefficient] };

    /// <summary>Each element into low .. high.</summary>
    public static Edit Clamp(Site site, float low, float high) => new(site, EditAction.Clamp, [low, high]);

    /// <summary>Leaves a block (resid_post), an attention (attn_out) or an MLP (mlp_out) out.</summary>
    public static Edit Skip(Site site) => new(site, EditAction.Skip, null);
}
