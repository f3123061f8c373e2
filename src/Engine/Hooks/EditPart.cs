namespace Weir.Engine.Hooks;

/// <summary>What one op of an edit acts on.</summary>
/// <param name="First">First of its rows in the placement; where a block is skipped, in the value itself.</param>
/// <param name="Count">Rows.</param>
/// <param name="Sequence">Whose attention map, at maps.</param>
/// <param name="FirstColumn">First column of it.</param>
/// <param name="Columns">Columns of it.</param>
/// <param name="Operand">First of its values in the placement's operands, at maps.</param>
internal readonly record struct EditPart(int First, int Count, int Sequence = 0, int FirstColumn = 0, int Columns = 0, int Operand = 0);
