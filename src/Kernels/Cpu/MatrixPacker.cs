using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Weir.Kernels.Cpu.Simd;

namespace Weir.Kernels.Cpu;

/// <summary>
/// Brings a matrix from a file's layout into panels. It is a copy, so it should run at the speed of memory: blocks of
/// 4 x 4 words are transposed in registers, 16-bit weights after they are joined to words of two. A chunk reads pieces
/// of 1 KiB of each row of a transposed matrix, since it takes several panels at once.
/// </summary>
internal unsafe struct MatrixPacker : IParallelBody
{
    private const int PanelsPerChunk = 8;
    private const int StepsPerBlock = 64;
    private const int CacheLine = 64;
    private const int Ahead = 512;

    private readonly IReadOnlyList<MatrixPart> _parts;
    private readonly PackedMatrix _to;
    private readonly int _size;

    private MatrixPacker(MatrixSource source, PackedMatrix to)
    {
        _parts = source.Parts;
        _to = to;
        _size = source.Type.Size();
    }

    /// <summary>Packs all panels.</summary>
    public static void Pack(CpuWorkers workers, MatrixSource source, PackedMatrix to)
    {
        var packer = new MatrixPacker(source, to);
        workers.For((to.Panels + PanelsPerChunk - 1) / PanelsPerChunk, ref packer);
    }

    public readonly void Run(int chunk, int worker)
    {
        int first = chunk * PanelsPerChunk, count = Math.Min(PanelsPerChunk, _to.Panels - first);
        byte** rows = stackalloc byte*[PanelsPerChunk * TileKernel.Width];
        long* strides = stackalloc long[PanelsPerChunk * TileKernel.Width];
        FindOutputs(first * TileKernel.Width, count * TileKernel.Width, rows, strides);

        // Rows of a transposed matrix hold a piece for each panel; where outputs are rows, a panel reads 32 to their end.
        int most = strides[0] == _size ? _to.Inputs : StepsPerBlock;
        for (int start = 0; start < _to.Inputs; start += most)
        {
            int steps = Math.Min(most, _to.Inputs - start);
            for (int panel = 0; panel < count; panel++)
            {
                int at = panel * TileKernel.Width;
                byte* to = _to.Data + ((first + panel) * _to.PanelBytes) + ((long)start * _to.StepBytes);
                PackBlock(rows + at, strides + at, start, steps, to);
            }
        }
    }

    /// <summary>The address of input 0 and the bytes between inputs of each output; null past the last.</summary>
    private readonly void FindOutputs(int first, int count, byte** rows, long* strides)
    {
        int partStart = 0, found = 0;
        for (int p = 0; p < _parts.Count && found < count; p++)
        {
            MatrixPart part = _parts[p];
            for (int o = Math.Max(first + found - partStart, 0); o < part.Outputs && found < count; o++)
            {
                rows[found] = (byte*)part.Address + (o * part.OutputStride * _size);
                strides[found++] = part.InputStride * _size;
            }

            partStart += part.Outputs;
        }

        for (; found < count; found++)
        {
            rows[found] = null;
            strides[found] = 0;
        }
    }

    private readonly void PackBlock(byte** rows, long* strides, int start, int steps, byte* to)
    {
        bool whole = rows[TileKernel.Width - 1] != null, byOutput = whole, byInput = whole;
        for (int i = 0; whole && i < TileKernel.Width; i++)
        {
            byOutput &= strides[i] == _size;
            byInput &= strides[i] == strides[0] && rows[i] == rows[0] + ((long)i * _size);
        }

        if (byInput)
        {
            CopySteps(rows[0] + (start * strides[0]), strides[0], steps, to);
        }
        else if (byOutput && _size == 4)
        {
            PackWords<Words>(rows, start, steps, to);
        }
        else if (byOutput)
        {
            PackWords<Pairs>(rows, start, steps, to);
        }
        else
        {
            PackAny(rows, strides, start, steps, to);
        }
    }

    /// <summary>Outputs that lie side by side: a step is a piece of a row as it is, or its halves in pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void CopySteps(byte* from, long stride, int steps, byte* to)
    {
        if (_size == 4)
        {
            for (; steps > 0; steps--, from += stride, to += TileKernel.Width * sizeof(float))
            {
                Unsafe.CopyBlockUnaligned(to, from, TileKernel.Width * sizeof(float));
            }

            return;
        }

        for (; steps > 0; steps--, from += stride, to += TileKernel.Width * sizeof(ushort))
        {
            for (int j = 0; j < TileKernel.Half; j += 8)
            {
                Pairs.Join((ushort*)from + j, (ushort*)from + TileKernel.Half + j, out Vector128<uint> first, out Vector128<uint> second);
                first.Store((uint*)to + j);
                second.Store((uint*)to + j + 4);
            }
        }
    }

    /// <summary>Outputs whose inputs lie side by side: a transposition of words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackWords<TWords>(byte** rows, int start, int steps, byte* to)
        where TWords : struct, IWords
    {
        int k = 0;
        for (; k + 8 <= steps; k += 8)
        {
            if (k % TWords.InLine == 0)
            {
                // More rows than the processor follows by itself.
                for (int i = 0; i < TileKernel.Width; i++)
                {
                    Prefetch(rows[i] + ((start + k) * (CacheLine / TWords.InLine)) + Ahead);
                }
            }

            for (int word = 0; word < TWords.InStep; word += 4)
            {
                byte** r = rows + word;
                uint* o = (uint*)to + (k * TWords.InStep) + word;
                TWords.Load(r, start + k, out Vector128<uint> a0, out Vector128<uint> a1);
                TWords.Load(r + 1, start + k, out Vector128<uint> b0, out Vector128<uint> b1);
                TWords.Load(r + 2, start + k, out Vector128<uint> c0, out Vector128<uint> c1);
                TWords.Load(r + 3, start + k, out Vector128<uint> d0, out Vector128<uint> d1);
                Transpose4.Store(a0, b0, c0, d0, o, TWords.InStep);
                Transpose4.Store(a1, b1, c1, d1, o + (4 * TWords.InStep), TWords.InStep);
            }
        }

        for (; k < steps; k++)
        {
            for (int word = 0; word < TWords.InStep; word++)
            {
                ((uint*)to)[(k * TWords.InStep) + word] = TWords.LoadOne(rows + word, start + k);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* p)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(p);
        }
    }

    /// <summary>Any strides, and the panel that the outputs do not fill.</summary>
    private readonly void PackAny(byte** rows, long* strides, int start, int steps, byte* to)
    {
        for (int column = 0; column < TileKernel.Width; column++)
        {
            byte* o = to + (_to.PlaceOf(column) * _size), from = rows[column] + (start * strides[column]);
            for (int k = 0; k < steps; k++, o += _to.StepBytes, from += strides[column])
            {
                if (_size == 4)
                {
                    *(uint*)o = rows[column] == null ? 0 : Unsafe.ReadUnaligned<uint>(from);
                }
                else
                {
                    *(ushort*)o = rows[column] == null ? (ushort)0 : Unsafe.ReadUnaligned<ushort>(from);
                }
            }
        }
    }

    /// <summary>How a row of weights is read as the words that a step is made of.</summary>
    private interface IWords
    {
        /// <summary>Words of a step.</summary>
        static abstract int InStep { get; }

        /// <summary>Inputs on a cache line.</summary>
        static abstract int InLine { get; }

        /// <summary>The words of inputs k .. k + 7.</summary>
        static abstract void Load(byte** rows, int k, out Vector128<uint> first, out Vector128<uint> second);

        /// <summary>The word of input k.</summary>
        static abstract uint LoadOne(byte** rows, int k);
    }

    /// <summary>f32: one output a word.</summary>
    private readonly struct Words : IWords
    {
        public static int InStep => TileKernel.Width;

        public static int InLine => CacheLine / sizeof(float);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Load(byte** rows, int k, out Vector128<uint> first, out Vector128<uint> second)
        {
            uint* p = (uint*)rows[0] + k;
            first = Vector128.Load(p);
            second = Vector128.Load(p + 4);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint LoadOne(byte** rows, int k) => Unsafe.ReadUnaligned<uint>((uint*)rows[0] + k);
    }

    /// <summary>16-bit types: outputs j and j + 16 in one word.</summary>
    private readonly struct Pairs : IWords
    {
        public static int InStep => TileKernel.Half;

        public static int InLine => CacheLine / sizeof(ushort);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Load(byte** rows, int k, out Vector128<uint> first, out Vector128<uint> second) =>
            Join((ushort*)rows[0] + k, (ushort*)rows[TileKernel.Half] + k, out first, out second);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint LoadOne(byte** rows, int k) => Unsafe.ReadUnaligned<ushort>((ushort*)rows[0] + k)
            | ((uint)Unsafe.ReadUnaligned<ushort>((ushort*)rows[TileKernel.Half] + k) << 16);

        /// <summary>Eight words from eight lower and eight upper halves.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Join(ushort* low, ushort* high, out Vector128<uint> first, out Vector128<uint> second)
        {
            Vector128<ushort> l = Vector128.Load(low), h = Vector128.Load(high);
            first = Transpose4.Low(l, h).AsUInt32();
            second = Transpose4.High(l, h).AsUInt32();
        }
    }
}
