namespace Weir.Kernels.Ops;

/// <summary>
/// Every op of Weir, one part of this interface a file. A device implements each in a file of the same name.
/// Operands are f32 unless an op says otherwise; an operand of the wrong shape or type is an ArgumentException, since
/// only Weir's own code calls ops.
/// </summary>
public partial interface IOps;
