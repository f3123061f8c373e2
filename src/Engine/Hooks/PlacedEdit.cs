using System.Runtime.InteropServices;
using Weir.Engine.Forward;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Hooks;

/// <summary>
/// An edit on the rows of one batch. What its ops read lies in device memory of its own and is copied there when it
/// changes, before the pass runs; the pass itself only calls the ops, so it can be recorded.
/// </summary>
internal sealed class PlacedEdit
{
    private readonly BoundEdit _edit;
    private readonly Batch _batch;
    private readonly PackedRows _rows;
    private readonly Tensor _indices;
    private readonly Tensor _coefficients;
    private Tensor _operand;
    private Placement _now = new();
    private Placement _next = new();

    /// <summary>Makes room for an edit.</summary>
    /// <param name="edit">The edit.</param>
    /// <param name="batch">The batch, whose scratch memory holds what the ops read.</param>
    /// <param name="rows">What the rows of the site's value are (at the logits: fewer than the batch's).</param>
    public PlacedEdit(BoundEdit edit, Batch batch, PackedRows rows)
    {
        _edit = edit;
        _batch = batch;
        _rows = rows;
        if (edit.SkipsBlock)
        {
            return;
        }

        var count = new Shape(edit.MostRows(rows));
        _indices = batch.Scratch.Allocate(count, ElementType.I32);
        _coefficients = edit.Kind is EditKind.Add or EditKind.Scale or EditKind.ProjectOut ? batch.Scratch.Allocate(count) : default;
        _operand = edit is { HasRowOperands: true, IsMap: true } ? default
            : edit.HasRowOperands ? batch.Scratch.Allocate(new Shape(count[0], edit.Columns))
            : edit.IsMap && edit.Value is not null ? default
            : edit.Operand is { } operand ? batch.Scratch.Upload<float>(operand)
            : default;
    }

    /// <summary>Finds the edit's rows at the batch's present positions and brings them to the device.</summary>
    /// <returns>True where other ops run from now on than ran before.</returns>
    public bool Place()
    {
        _edit.Fill(_next, _batch.PromptLengths, _rows);
        bool changed = !Same(_now.Parts, _next.Parts);
        int widest = 0;
        foreach (EditPart part in _next.Parts)
        {
            _edit.RowsActedOn += part.Count;
            widest = Math.Max(widest, part.Columns);
        }

        if (!_edit.SkipsBlock)
        {
            Update(_indices, _now.Rows, _next.Rows);
            Update(_coefficients, _now.Coefficients, _next.Coefficients);
            if (_edit is { HasRowOperands: true, IsMap: true })
            {
                PlaceMapOperands();
            }
            else if (_edit.HasRowOperands)
            {
                Update(_operand, _now.Operands, _next.Operands);
            }
            else if (_edit is { IsMap: true, Value: { } value } && (_operand.IsAbsent || _operand.Rows < widest))
            {
                // Keys that a growing text will have need the same value.
                float[] values = new float[Math.Max(2 * widest, 64)];
                Array.Fill(values, value);
                _operand = _batch.Scratch.Upload<float>(values);
            }
        }

        (_now, _next) = (_next, _now);
        return changed;
    }

    /// <summary>Changes a value where the edit was last placed.</summary>
    /// <param name="value">The site's value.</param>
    /// <param name="blockInput">The block's input, for a skip of the block.</param>
    public void Apply(Tensor value, Tensor blockInput)
    {
        foreach (EditPart part in CollectionsMarshal.AsSpan(_now.Parts))
        {
            if (_edit.SkipsBlock)
            {
                _batch.Ops.Copy(blockInput.RowRange(part.First, part.Count), value.RowRange(part.First, part.Count));
                continue;
            }

            Tensor operand = _edit is { HasRowOperands: true, IsMap: true } ? _operand.RowRange(part.Operand, part.Count * part.Columns).Reshape(part.Count, part.Columns)
                : _edit.HasRowOperands ? _operand.RowRange(part.First, part.Count)
                : _edit is { IsMap: true, Value: not null } ? _operand.RowRange(0, part.Columns)
                : _operand;
            _batch.Ops.Edit(
                _edit.Kind, Target(value, part), _indices.RowRange(part.First, part.Count),
                _coefficients.IsAbsent ? default : _coefficients.RowRange(part.First, part.Count), operand);
        }
    }

    // Rows of maps are as wide as their sequences have keys, so their values lie one after another.
    private void PlaceMapOperands()
    {
        if (_next.Operands.Count > 0 && (_operand.IsAbsent || _operand.Rows < _next.Operands.Count))
        {
            _operand = _batch.Scratch.Upload<float>(CollectionsMarshal.AsSpan(_next.Operands));
            return;
        }

        Update(_operand, _now.Operands, _next.Operands);
    }

    private Tensor Target(Tensor value, in EditPart part)
    {
        if (!_edit.IsMap)
        {
            return value.Columns(_edit.FirstColumn, _edit.Columns);
        }

        long offset = AttentionMap.Offset(_rows, _edit.Heads, part.Sequence) * sizeof(float);
        var map = new Tensor(value.Buffer!, value.Offset + offset, new Shape(_edit.Heads * _rows.Length(part.Sequence), _rows.End(part.Sequence)));
        return map.Columns(part.FirstColumn, part.Columns);
    }

    private void Update<T>(Tensor target, List<T> old, List<T> values)
        where T : unmanaged, IEquatable<T>
    {
        if (target.IsAbsent || values.Count == 0 || Same(old, values))
        {
            return;
        }

        _batch.Device.Write(target.RowRange(0, values.Count / target.Width), MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(values)));
    }

    private static bool Same<T>(List<T> a, List<T> b)
        where T : IEquatable<T> => CollectionsMarshal.AsSpan(a).SequenceEqual(CollectionsMarshal.AsSpan(b));
}
