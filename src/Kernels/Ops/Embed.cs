namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>Looks rows of a weight matrix up: y[i] = scale W[ids[i], :].</summary>
    /// <param name="ids">I32 [n], each in 0 .. table.Outputs - 1.</param>
    /// <param name="table">[outputs, inputs]: a token embedding, or a tied unembedding.</param>
    /// <param name="scale">Factor on every element; 1 for none.</param>
    /// <param name="y">F32 [n, inputs], written.</param>
    void Embed(Tensor ids, WeightMatrix table, float scale, Tensor y);
}

internal static partial class Check
{
    public static void Embed(Tensor ids, WeightMatrix table, Tensor y)
    {
        Floats(y);
        Rows(y, y.Rows, table.Inputs);
        Integers(ids, y.Rows);
    }
}
