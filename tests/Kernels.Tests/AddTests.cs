namespace Weir.Kernels.Tests;

public sealed class AddTests
{
    private static readonly BinaryOpCases Cases = new((t, a, b, y) => t.Ops.Add(a, b, y), (p, q) => p + q);

    [Theory, EveryDevice]
    public void IsTheRoundedResult(string device) => Cases.IsTheRoundedResult(device);

    [Theory, EveryDevice]
    public void MayWriteOverEitherOperand(string device) => Cases.MayWriteOverEitherOperand(device);

    [Theory, EveryDevice]
    public void RowsStandAlone(string device) => Cases.RowsStandAlone(device);

    [Theory, EveryDevice]
    public void WrongShapesAreErrors(string device) => Cases.WrongShapesAreErrors(device);
}
