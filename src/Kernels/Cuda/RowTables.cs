using System.Runtime.InteropServices;

namespace Weir.Kernels.Cuda;

/// <summary>
/// Copies of <see cref="PackedRows"/> in device memory: kernels read offsets and starts from there, so that a recorded
/// step finds the positions of the step that it is run for.
/// </summary>
internal sealed unsafe class RowTables(ICudaDriver driver) : IDisposable
{
    private const int MostKept = 16;

    private readonly List<Table> _tables = [];
    private List<Table>? _recorded;

    /// <summary>From here on the tables asked for are held for a recording, which refreshes them before each run.</summary>
    public void BeginRecording() => _recorded = [];

    /// <summary>The tables that were asked for while recording; they stay until they are released.</summary>
    public IReadOnlyList<Table> EndRecording()
    {
        List<Table> recorded = _recorded!;
        _recorded = null;
        return recorded;
    }

    /// <summary>Gives up what a recording held.</summary>
    public static void Release(IReadOnlyList<Table> recorded)
    {
        foreach (Table table in recorded)
        {
            table.Holds--;
        }
    }

    /// <summary>The device's copy, brought up to date.</summary>
    public Table Of(PackedRows rows)
    {
        Table table = Find(rows);
        if (_recorded is null)
        {
            Refresh(table);
        }
        else if (!_recorded.Contains(table))
        {
            table.Holds++;
            _recorded.Add(table);
        }

        return table;
    }

    private Table Find(PackedRows rows)
    {
        for (int i = _tables.Count - 1; i >= 0; i--)
        {
            if (ReferenceEquals(_tables[i].Rows, rows))
            {
                return _tables[i];
            }
        }

        Table table = Free(rows);
        table.Rows = rows;
        table.Version = -1;
        table.Starts = table.Offsets + rows.Sequences + 1;
        return table;
    }

    /// <summary>Copies again what has been placed elsewhere since.</summary>
    public void Refresh(Table table)
    {
        PackedRows rows = table.Rows!;
        if (table.Version == rows.Version)
        {
            return;
        }

        int n = rows.Sequences;
        rows.Offsets.CopyTo(table.Image, 0);
        rows.Starts.CopyTo(table.Image, n + 1);
        driver.CopyToDevice((nint)table.Offsets, MemoryMarshal.AsBytes(table.Image.AsSpan(0, (2 * n) + 1)));
        table.Version = rows.Version;
    }

    public void Dispose()
    {
        foreach (Table t in _tables)
        {
            driver.Free((nint)t.Offsets);
        }

        _tables.Clear();
    }

    // The oldest that no recording holds gives way; it must be large enough.
    private Table Free(PackedRows rows)
    {
        int words = (2 * rows.Sequences) + 1;
        if (_tables.Count(t => !t.IsHeld) >= MostKept)
        {
            Table oldest = _tables.First(t => !t.IsHeld);
            _ = _tables.Remove(oldest);
            if (oldest.Image.Length >= words)
            {
                _tables.Add(oldest);
                return oldest;
            }

            driver.Free((nint)oldest.Offsets);
        }

        int size = Math.Max(words, 64);
        var table = new Table { Image = new int[size], Offsets = (int*)driver.Allocate(size * sizeof(int)) };
        _tables.Add(table);
        return table;
    }

    /// <summary>One copy.</summary>
    public sealed class Table
    {
        /// <summary>Whose copy it is.</summary>
        public PackedRows? Rows { get; set; }

        /// <summary>Version of the copy.</summary>
        public int Version { get; set; }

        /// <summary>Recordings that read it.</summary>
        public int Holds { get; set; }

        /// <summary>True while a recording reads it.</summary>
        public bool IsHeld => Holds > 0;

        /// <summary>I32 [sequences + 1] in device memory.</summary>
        public int* Offsets { get; init; }

        /// <summary>I32 [sequences] in device memory.</summary>
        public int* Starts { get; set; }

        internal int[] Image { get; init; } = [];
    }
}
