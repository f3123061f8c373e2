namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>Reads input features of a weight matrix as rows: y[i] = W[:, start + i] (an MLP's output directions).</summary>
    /// <param name="w">[outputs, inputs].</param>
    /// <param name="start">First input feature.</param>
    /// <param name="y">F32 [n, outputs], written.</param>
    void WeightColumns(WeightMatrix w, int start, Tensor y);
}

internal static partial class Check
{
    public static void WeightColumns(WeightMatrix w, int start, Tensor y)
    {
        Floats(y);
        Rows(y, y.Rows, w.Outputs);
        That(start >= 0 && start <= w.Inputs - y.Rows, "The matrix has not all the inputs asked for.");
    }
}
