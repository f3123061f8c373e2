namespace Weir.Kernels.Bench;

/// <summary>One sequence in a store, its last rows the batch: shapes, counts of work and operands for the benches of attention.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyHeads">Key heads.</param>
/// <param name="Size">Head size.</param>
/// <param name="Start">Keys before the batch.</param>
/// <param name="Length">Rows of the batch.</param>
/// <param name="Window">Keys that a row sees; 0 for all.</param>
internal sealed record AttentionText(int Heads, int KeyHeads, int Size, int Start, int Length, int Window = 0)
{
    /// <summary>GPT-2 small reading a prompt.</summary>
    public static readonly AttentionText Prompt = new(12, 12, 64, 0, 512);

    /// <summary>A long text.</summary>
    public static readonly AttentionText Long = new(12, 12, 64, 0, 2048);

    /// <summary>A long text through a window.</summary>
    public static readonly AttentionText Windowed = new(12, 12, 64, 0, 2048, 512);

    /// <summary>GPT-2 small writing.</summary>
    public static readonly AttentionText Decode = new(12, 12, 64, 1023, 1);

    /// <summary>Heads in groups, a long text, writing.</summary>
    public static readonly AttentionText GroupedDecode = new(32, 8, 128, 4095, 1);

    public int End => Start + Length;

    public PackedRows Rows => new([0, Length], [Start]);

    public Shape Shape => new(Length, Heads, Size);

    /// <summary>Elements of the map.</summary>
    public int Map => Heads * Length * End;

    /// <summary>Query and key pairs that are not masked.</summary>
    public double Pairs => Heads * Enumerable.Range(Start + 1, Length).Sum(n => Window == 0 ? n : (double)Math.Min(n, Window));

    /// <summary>Bytes of the queries or of z.</summary>
    public double RowBytes => 4.0 * Length * Heads * Size;

    /// <summary>Bytes of the keys or of the values.</summary>
    public double StoreBytes => 4.0 * End * KeyHeads * Size;

    /// <summary>A store that holds the text.</summary>
    public KeyValueStore Store(IDevice device, Func<Shape, Tensor> numbers)
    {
        KeyValueStore store = device.CreateKeyValueStore(KeyHeads, Size, ElementType.F32);
        store.Reserve(1, End);
        var shape = new Shape(End, KeyHeads, Size);
        device.Ops.AppendKeyValues(numbers(shape), numbers(shape), new PackedRows([0, End], [0]), store);
        return store;
    }
}
