using Weir.Engine.Families;
using Weir.Engine.Forward;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Hooks;

/// <summary>An edit checked against a model, ready to be put on the rows of any batch.</summary>
internal sealed class BoundEdit
{
    private readonly Edit _edit;
    private readonly SiteInfo _info;
    private readonly int _heads;
    private readonly int _start;
    private readonly int _count;
    private readonly List<int> _rows = [];
    private readonly List<float> _coefficients = [];
    private readonly List<float> _operand = [];
    private float[] _broadcast = [];

    public BoundEdit(Edit edit, ModelSpec spec)
    {
        _edit = edit;
        _info = SiteCatalog.Info(edit.Site.Point);
        int[] dimensions = _info.Dimensions?.Invoke(spec) ?? [spec.Attention.Heads];
        bool map = IsMap;
        _heads = map || dimensions.Length == 2 ? dimensions[0] : 0;
        if (edit.Head is { } head && (uint)head >= (uint)_heads)
        {
            throw Bad(_heads == 0 ? $"head {head} is given, but the site has no heads" : $"there is no head {head}, only 0 to {_heads - 1}");
        }

        if (!map)
        {
            int width = edit.Head is null ? _info.Width(spec) : dimensions[1];
            (_start, _count) = Resolve(edit.Columns, width, "columns");
            _start += (edit.Head ?? 0) * (dimensions.Length == 2 ? dimensions[1] : 0);
            CheckOperand(_count);
        }
        else if (edit.Action == EditAction.ProjectOut || (edit.Action is EditAction.Add or EditAction.Replace && edit.Operand is not { Length: 1 }))
        {
            throw Bad("attention maps have rows of different widths, so only a single value can be added or put there");
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
            throw Bad($"it has {edit.Coefficients.Count} coefficients for {edit.Sequences?.Count.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "all"} sequences; give one, or one for each sequence named");
        }
    }

    /// <summary>Rows that the edit has acted on so far.</summary>
    public long RowsActedOn { get; private set; }

    /// <summary>The error for an edit that has acted on nothing.</summary>
    public SiteException Idle => Bad("none of its positions, sequences and columns is in the batch");

    private bool SkipsBlock => _edit is { Action: EditAction.Skip, Site.Point: SitePoint.ResidualPost };

    private bool IsMap => _info.Dimensions is null;

    /// <summary>Changes the rows of a value that the edit is meant for.</summary>
    /// <param name="value">The site's value.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="rows">What the value's rows are (at the logits: fewer than the batch's).</param>
    /// <param name="blockInput">The block's input, for a skip of the block.</param>
    public void Apply(Tensor value, Batch batch, PackedRows rows, Tensor blockInput)
    {
        if (IsMap)
        {
            ApplyToMaps(value, batch, rows);
            return;
        }

        _rows.Clear();
        _coefficients.Clear();
        _operand.Clear();
        int sequences = _edit.Sequences?.Count ?? rows.Sequences;
        for (int i = 0; i < sequences; i++)
        {
            int s = Sequence(i, rows);
            (int from, int to, int origin) = Positions(s, batch, rows);
            for (int p = from; p < to; p++)
            {
                AddRow(rows.Offsets[s] + p - rows.Starts[s], Coefficient(i), p - origin);
            }
        }

        if (_rows.Count == 0)
        {
            return;
        }

        if (SkipsBlock)
        {
            RowsActedOn += _rows.Count;
            CopyRuns(batch, blockInput, value);
            return;
        }

        Run(value.Columns(_start, _count), batch);
    }

    private void ApplyToMaps(Tensor value, Batch batch, PackedRows rows)
    {
        int sequences = _edit.Sequences?.Count ?? rows.Sequences;
        for (int i = 0; i < sequences; i++)
        {
            int s = Sequence(i, rows);
            int length = rows.Length(s);
            int keys = rows.End(s);
            (int from, int to, _) = Positions(s, batch, rows);
            if (from >= to)
            {
                continue;
            }

            _rows.Clear();
            _coefficients.Clear();
            _operand.Clear();
            for (int h = _edit.Head ?? 0; h <= (_edit.Head ?? (_heads - 1)); h++)
            {
                for (int p = from; p < to; p++)
                {
                    AddRow((h * length) + p - rows.Starts[s], Coefficient(i), 0);
                }
            }

            long offset = AttentionMap.Offset(rows, _heads, s);
            var map = new Tensor(value.Buffer!, value.Offset + (offset * sizeof(float)), new Shape(_heads * length, keys));
            int first = Math.Clamp(_edit.Columns.Start.GetOffset(keys), 0, keys);
            int last = Math.Clamp(_edit.Columns.End.GetOffset(keys), first, keys);
            if (last > first)
            {
                Run(map.Columns(first, last - first), batch);
            }
        }
    }

    // Rows of one sequence follow each other, so that a few copies do.
    private void CopyRuns(Batch batch, Tensor from, Tensor to)
    {
        for (int i = 0; i < _rows.Count;)
        {
            int count = 1;
            while (i + count < _rows.Count && _rows[i + count] == _rows[i] + count)
            {
                count++;
            }

            batch.Ops.Copy(from.RowRange(_rows[i], count), to.RowRange(_rows[i], count));
            i += count;
        }
    }

    private void Run(Tensor target, Batch batch)
    {
        RowsActedOn += _rows.Count;
        var mark = batch.Scratch.Mark();
        ReadOnlySpan<int> rows = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_rows);
        ReadOnlySpan<float> coefficients = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_coefficients);
        Tensor operand = default;
        if (_operand.Count > 0)
        {
            operand = batch.Scratch.Upload<float>(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_operand), new Shape(_rows.Count, _count));
        }
        else if (_edit.Operand is { } values)
        {
            if (values.Length == 1 && _edit.Action != EditAction.Clamp && target.Width != 1)
            {
                if (_broadcast.Length < target.Width)
                {
                    _broadcast = new float[target.Width];
                    Array.Fill(_broadcast, values[0]);
                }

                values = _broadcast;
            }

            operand = batch.Scratch.Upload<float>(values.AsSpan(0, _edit.Action == EditAction.Clamp ? 2 : target.Width));
        }

        bool scaled = Kind is EditKind.Add or EditKind.Scale or EditKind.ProjectOut;
        batch.Ops.Edit(Kind, target, batch.Scratch.Upload(rows), scaled ? batch.Scratch.Upload(coefficients) : default, operand);
        batch.Scratch.Release(mark);
    }

    private EditKind Kind => _edit.Action switch
    {
        EditAction.Add => EditKind.Add,
        EditAction.Scale => EditKind.Scale,
        EditAction.Zero or EditAction.Skip => EditKind.Zero,
        EditAction.Replace => EditKind.Replace,
        EditAction.ProjectOut => EditKind.ProjectOut,
        _ => EditKind.Clamp,
    };

    private bool PerPosition => _edit.Operand is { } o && _edit.Action != EditAction.Clamp && o.Length > 1 && o.Length != _count;

    private void AddRow(int row, float coefficient, int index)
    {
        if (PerPosition)
        {
            float[] operand = _edit.Operand!;
            if ((index + 1) * _count > operand.Length)
            {
                throw Bad($"it has values for {operand.Length / _count} positions, but its range covers more; end the range or give more values");
            }

            _operand.AddRange(operand.AsSpan(index * _count, _count));
        }

        _rows.Add(row);
        _coefficients.Add(coefficient);
    }

    private int Sequence(int i, PackedRows rows)
    {
        int s = _edit.Sequences?[i] ?? i;
        return (uint)s < (uint)rows.Sequences ? s : throw Bad($"there is no sequence {s} in a batch of {rows.Sequences}");
    }

    private float Coefficient(int i) => _edit.Coefficients.Count == 1 ? _edit.Coefficients[0] : _edit.Coefficients[i];

    private (int From, int To, int Origin) Positions(int s, Batch batch, PackedRows rows)
    {
        int prompt = batch.PromptLengths[s];
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
