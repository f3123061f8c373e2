namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>
    /// Statistics of the rows of logits z = cap(States Unembedding^T + bias) / temperature, tile by tile over the
    /// vocabulary: no more than one tile of logits is held. With running maximum M of a row,
    /// S = sum e^(z-M), S1 = sum e^(z-M) z, S2 = sum e^(z-M) z_ref: log-sum-exp = M + ln S, entropy = M + ln S - S1/S,
    /// divergence = S1/S - lse - S2/S + lse_ref. Logits have the bits of <see cref="MatMul"/> on a device whose products do
    /// not depend on the batch.
    /// </summary>
    /// <param name="arguments">Operands and results.</param>
    void Lens(in LensArguments arguments);
}

internal static partial class Check
{
    /// <summary>Everything but the values of the ids, which only the device's body can see.</summary>
    public static void Lens(in LensArguments a)
    {
        WeightMatrix weights = a.Unembedding;
        int n = a.States.Rows;
        Rows(a.States, n, weights.Inputs);
        That(a.Temperature > 0, "The temperature must be above 0.");
        That(a.Softcap >= 0, "The softcap must be above 0, or 0 for none.");
        if (!a.Bias.IsAbsent)
        {
            Vector(a.Bias, weights.Outputs);
        }

        LensColumn(a.LogSumExp, n);
        LensColumn(a.Entropy, n);
        LensColumn(a.Divergence, n);
        That(a.TopCount <= weights.Outputs && a.BottomCount <= weights.Outputs, "A list of ids is longer than the vocabulary.");
        LensTable(a.TopIds, n, a.TopCount, ElementType.I32);
        LensTable(a.TopLogProbabilities, n, a.TopCount, ElementType.F32);
        LensTable(a.BottomIds, n, a.BottomCount, ElementType.I32);
        LensTable(a.BottomLogProbabilities, n, a.BottomCount, ElementType.F32);
        That(a.References.IsAbsent == a.Divergence.IsAbsent, "References and the divergence go together.");
        if (!a.References.IsAbsent)
        {
            Integers(a.References, n);
        }

        if (!a.Targets.IsAbsent)
        {
            Integers(a.Targets, checked((int)a.Targets.Shape.Count));
            That(a.Targets.Rows == n, "Each row needs its targets.");
        }

        LensTable(a.TargetLogProbabilities, n, a.TargetCount, ElementType.F32);
        LensTable(a.TargetRanks, n, a.TargetCount, ElementType.I32);
    }

    /// <summary>Ids asked about, or rows referred to, in host memory.</summary>
    public static void LensIds(ReadOnlySpan<int> ids, int end)
    {
        foreach (int id in ids)
        {
            That((uint)id < (uint)end, "An id or a row asked about does not exist.");
        }
    }

    private static void LensColumn(Tensor t, int n)
    {
        if (!t.IsAbsent)
        {
            Vector(t, n);
        }
    }

    private static void LensTable(Tensor t, int rows, int width, ElementType type)
    {
        if (!t.IsAbsent && (t.Type != type || t.Rows != rows || t.Width != width))
        {
            throw new ArgumentException($"A result of the lens must be {type.Name()} [{rows}, {width}], but is {t.Type.Name()} {t.Shape}.", nameof(t));
        }
    }
}
