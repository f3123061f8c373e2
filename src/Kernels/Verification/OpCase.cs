namespace Weir.Kernels.Verification;

/// <summary>An op with operands, whose results every device must agree on.</summary>
/// <param name="Op">The method of <see cref="Ops.IOps"/>.</param>
/// <param name="What">Shapes and types.</param>
/// <param name="Tolerance">Largest error of a value, as a part of the largest value of its tensor; 0 for the same bits.</param>
/// <param name="Run">Makes the operands, runs the op, gives its results.</param>
internal sealed record OpCase(string Op, string What, double Tolerance, Func<CaseOperands, Tensor[]> Run)
{
    public override string ToString() => $"{Op}, {What}";
}
