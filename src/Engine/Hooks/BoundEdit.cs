using System.Globalization;
using Weir.Engine.Families;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Hooks;

/// <summary>An edit checked against a model, ready to be placed on the rows of any batch.</summary>
internal sealed class BoundEdit
{
    private readonly Edit _edit;
    private readonly SiteInfo _info;

    public BoundEdit(Edit edit, ModelSpec spec)
    {
        _edit = edit;
        _info = SiteCatalog.Info(edit.Site.Point);
        int[] dimensions = _info.Dimensions?.Invoke(spec) ?? [spec.Attention.Heads];
        Heads = IsMap || dimensions.Length == 2 ? dimensions[0] : 0;
        if (edit.Head is { } head && (uint)head >= (uint)Heads)
        {
            throw Bad(Heads == 0 ? $"head {head} is given, but the site has no heads" : $"there is no head {head}, only 0 to {Heads - 1}");
        }

        if (!IsMap)
        {
            int width = edit.Head is null ? _info.Width(spec) : dimensions[1];
            (FirstColumn, Columns) = Resolve(edit.Columns, width, "columns");
            FirstColumn += (edit.Head ?? 0) * (dimensions.Length == 2 ? dimensions[1] : 0);
            CheckOperand(Columns);
        }
        else if (edit.Action == EditAction.ProjectOut)
        {
            throw Bad("attention maps have rows of different widths, so no direction can be projected out of them");
        }
        else
        {
            CheckOperand(1);
        }

        if (edit.Sequences is { } sequences && sequences.Distinct().Count() != sequences.Count)
        {
            throw Bad("it names a sequence twice");
        }

        if (edit.Action == EditAction.Skip && edit.Site.Point is not (SitePoint.AttentionOut or SitePoint.MlpOut or SitePoint.ResidualPost))
        {
            throw Bad("only attn_out, mlp_out and resid_post can be skipped");
        }

        if (edit.Coefficients.Count != 1 && edit.Coefficients.Count != edit.Sequences?.Count)
        {
            throw Bad($"it has {edit.Coefficients.Count} coefficients for {edit.Sequences?.Count.ToString(CultureInfo.InvariantCulture) ?? "all"} sequences; give one, or one for each sequence named");
        }
    }

    /// <summary>What the op does.</summary>
    public EditKind Kind => _edit.Action switch
    {
        EditAction.Add => EditKind.Add,
        EditAction.Scale => EditKind.Scale,
        EditAction.Zero or EditAction.Skip => EditKind.Zero,
        EditAction.Replace => EditKind.Replace,
        EditAction.ProjectOut => EditKind.ProjectOut,
        _ => EditKind.Clamp,
    };

    /// <summary>Heads of the site, or 0.</summary>
    public int Heads { get; }

    /// <summary>First column of a row that it acts on; at attention maps it depends on the sequence.</summary>
    public int FirstColumn { get; }

    /// <summary>Columns that it acts on; at attention maps they depend on the sequence.</summary>
    public int Columns { get; }

    /// <summary>True at attention maps, whose rows are as wide as their sequence has keys.</summary>
    public bool IsMap => _info.Dimensions is null;

    /// <summary>True where the block's input takes the place of its output.</summary>
    public bool SkipsBlock => _edit is { Action: EditAction.Skip, Site.Point: SitePoint.ResidualPost };

    /// <summary>True where each position has values of its own; at attention maps, where there is more than one value.</summary>
    public bool HasRowOperands => _edit.Operand is { } o && _edit.Action != EditAction.Clamp && o.Length > 1 && o.Length != Columns;

    /// <summary>The single value that stands for a row of them, or null.</summary>
    public float? Value => _edit is { Operand: { Length: 1 } o, Action: not EditAction.Clamp } ? o[0] : null;

    /// <summary>The op's operand where it is the same in every row, of the width of <see cref="Columns"/> or two bounds; or null.</summary>
    public float[]? Operand => Value is { } value ? [.. Enumerable.Repeat(value, Columns)] : HasRowOperands ? null : _edit.Operand;

    /// <summary>Most rows of a value that it can act on in a batch.</summary>
    public int MostRows(PackedRows rows) =>
        (IsMap ? Heads : 1) * (_edit.Sequences is { } own ? own.Where(s => (uint)s < (uint)rows.Sequences).Sum(rows.Length) : rows.Rows);

    /// <summary>Rows that the edit has acted on so far.</summary>
    public long RowsActedOn { get; set; }

    /// <summary>The error for an edit that has acted on nothing.</summary>
    public SiteException Idle => Bad("none of its positions, sequences and columns is in the batch");

    /// <summary>Finds where the edit acts in a batch.</summary>
    /// <param name="placement">Filled.</param>
    /// <param name="promptLengths">Prompt of each sequence, which positions from the end count from.</param>
    /// <param name="rows">What the rows of the site's value are.</param>
    /// <exception cref="SiteException">It names a sequence that is not there, or has too few values.</exception>
    public void Fill(Placement placement, int[] promptLengths, PackedRows rows)
    {
        placement.Clear();
        int sequences = _edit.Sequences?.Count ?? rows.Sequences;
        for (int i = 0; i < sequences; i++)
        {
            int s = Sequence(i, rows);
            (int from, int to, int origin) = Positions(promptLengths[s], s, rows);
            if (from >= to)
            {
                continue;
            }

            if (IsMap)
            {
                FillMap(placement, i, s, from, to, origin, rows);
                continue;
            }

            int first = placement.Rows.Count;
            for (int p = from; p < to; p++)
            {
                AddRow(placement, rows.Offsets[s] + p - rows.Starts[s], Coefficient(i), p - origin);
            }

            if (SkipsBlock)
            {
                // Rows of one sequence follow each other, so one copy does.
                placement.Parts.Add(new EditPart(placement.Rows[first], to - from));
            }
        }

        if (!IsMap && !SkipsBlock && placement.Rows.Count > 0)
        {
            placement.Parts.Add(new EditPart(0, placement.Rows.Count));
        }
    }

    private void FillMap(Placement placement, int i, int s, int from, int to, int origin, PackedRows rows)
    {
        int keys = rows.End(s);
        int column = Math.Clamp(_edit.Columns.Start.GetOffset(keys), 0, keys);
        int end = Math.Clamp(_edit.Columns.End.GetOffset(keys), column, keys);
        if (column == end)
        {
            return;
        }

        int first = placement.Rows.Count, operands = placement.Operands.Count;
        for (int h = _edit.Head ?? 0; h <= (_edit.Head ?? (Heads - 1)); h++)
        {
            for (int p = from; p < to; p++)
            {
                placement.Rows.Add((h * rows.Length(s)) + p - rows.Starts[s]);
                placement.Coefficients.Add(Coefficient(i));
                if (HasRowOperands)
                {
                    placement.Operands.AddRange(MapOperand(end - column, h, p - origin, to - origin));
                }
            }
        }

        placement.Parts.Add(new EditPart(first, placement.Rows.Count - first, s, column, end - column, operands));
    }

    // One row for all, or a row a position, or, where no head is named, a row a head and position.
    private ReadOnlySpan<float> MapOperand(int keys, int head, int position, int positions)
    {
        float[] operand = _edit.Operand!;
        int rows = operand.Length / keys;
        int row = rows == 1 ? 0 : _edit.Head is null && rows == Heads * positions ? (head * positions) + position : position;
        return operand.Length == rows * keys && (rows == 1 || rows == positions || (_edit.Head is null && rows == Heads * positions))
            ? operand.AsSpan(row * keys, keys)
            : throw Bad($"its {operand.Length} values are no rows of {keys} keys for {positions} positions{(_edit.Head is null ? $" or for {Heads} heads of them" : "")}");
    }

    private void AddRow(Placement placement, int row, float coefficient, int index)
    {
        if (HasRowOperands)
        {
            float[] operand = _edit.Operand!;
            if ((index + 1) * Columns > operand.Length)
            {
                throw Bad($"it has values for {operand.Length / Columns} positions, but its range covers more; end the range or give more values");
            }

            placement.Operands.AddRange(operand.AsSpan(index * Columns, Columns));
        }

        placement.Rows.Add(row);
        placement.Coefficients.Add(coefficient);
    }

    private int Sequence(int i, PackedRows rows)
    {
        int s = _edit.Sequences?[i] ?? i;
        return (uint)s < (uint)rows.Sequences ? s : throw Bad($"there is no sequence {s} in a batch of {rows.Sequences}");
    }

    private float Coefficient(int i) => _edit.Coefficients.Count == 1 ? _edit.Coefficients[0] : _edit.Coefficients[i];

    private (int From, int To, int Origin) Positions(int prompt, int s, PackedRows rows)
    {
        int start = Math.Max(_edit.Positions.Start.GetOffset(prompt), 0);
        bool open = _edit.Positions.End.Equals(Index.End);
        int end = open ? int.MaxValue : _edit.Positions.End.GetOffset(prompt);
        return (Math.Max(start, rows.Starts[s]), Math.Min(end, rows.End(s)), start);
    }

    private (int Start, int Count) Resolve(Range range, int width, string what)
    {
        int start = range.Start.GetOffset(width);
        int end = range.End.GetOffset(width);
        return start >= 0 && end <= width && start < end ? (start, end - start) : throw Bad($"its {what} {range} are not within 0 to {width}");
    }

    private void CheckOperand(int width)
    {
        int length = _edit.Operand?.Length ?? 0;
        bool fits = _edit.Action switch
        {
            EditAction.Clamp => length == 2,
            EditAction.ProjectOut => length == width,
            EditAction.Add or EditAction.Replace => length == 1 || (length > 0 && length % width == 0),
            _ => true,
        };
        if (!fits)
        {
            throw Bad($"its vector has {length} values where the site has {width}");
        }

        if (_edit.Action == EditAction.Clamp && !(_edit.Operand![0] <= _edit.Operand[1]))
        {
            throw Bad($"its bounds {_edit.Operand[0]} and {_edit.Operand[1]} are in the wrong order");
        }
    }

    private SiteException Bad(string reason) =>
        new(_edit.Site.Name, $"InvalidEdit: {_edit.Action} at {_edit.Site.Name} cannot act: {reason}.");
}
