using System.Runtime.InteropServices;

namespace Weir.Engine.Checkpoints;

/// <summary>What the writers of tensor files share.</summary>
internal static class TensorStream
{
    /// <summary>Values written at a time.</summary>
    public const int Chunk = 1 << 16;

    /// <summary>Refuses values that do not fill their shape.</summary>
    public static void RequireCount(string name, ReadOnlySpan<long> shape, long count)
    {
        long expected = 1;
        foreach (long size in shape)
            expected = checked(expected * size);
        if (expected != count)
            throw new ArgumentException($"Tensor '{name}' of shape {TensorView.Text(shape)} was given {count} values.", nameof(shape));
    }

    /// <summary>Writes values as they lie in memory.</summary>
    public static void Write<T>(Stream stream, ReadOnlySpan<T> values) where T : unmanaged
    {
        for (int start = 0; start < values.Length; start += Chunk)
            stream.Write(MemoryMarshal.AsBytes(values.Slice(start, Math.Min(Chunk, values.Length - start))));
    }
}
