namespace Weir.Kernels;

/// <summary>A weight matrix W [outputs, inputs] in host memory, possibly in several parts.</summary>
/// <param name="Inputs">Width of the product's operand.</param>
/// <param name="Outputs">Width of the product's result.</param>
/// <param name="Type">Element type of every part.</param>
/// <param name="Parts">The parts, in the order of their output features.</param>
public sealed record MatrixSource(int Inputs, int Outputs, ElementType Type, IReadOnlyList<MatrixPart> Parts);
