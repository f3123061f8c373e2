using System.Runtime.CompilerServices;
using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

/// <summary>
/// The panels of one product, some to a chunk. A panel lies in the second-level cache and meets all row tiles one after
/// another; what follows the sum (bias, activation, residual) is done on a tile while it is in the first-level cache.
/// </summary>
internal unsafe struct ProductBody<TSimd, TVector> : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    // A chunk should cost some microseconds, against a tenth of one for taking it.
    private const double ChunkSeconds = 4e-6;
    private const double FlopsPerSecond = 2e11;
    private const double BytesPerSecond = 3e10;

    private readonly CpuWorkers _workers;
    private readonly RowTiles _tiles;
    private readonly float* _a;
    private readonly int _k;
    private readonly byte* _panels;
    private readonly long _panelBytes;
    private readonly ElementType _type;
    private readonly int _outputs;
    private readonly int _panelCount;
    private readonly int _panelsPerChunk;

    public ProductBody(CpuWorkers workers, RowTiles tiles, float* a, int k, PackedMatrix w, int inputOffset)
    {
        _workers = workers;
        _tiles = tiles;
        _a = a;
        _k = k;
        _panels = w.Data + ((long)inputOffset * w.StepBytes);
        _panelBytes = w.PanelBytes;
        _type = w.Type;
        _outputs = w.Outputs;
        _panelCount = w.Panels;
        double seconds = Math.Max(2.0 * Rows * k * TileKernel.Width / FlopsPerSecond, (double)k * w.StepBytes / BytesPerSecond) + 2e-8;
        _panelsPerChunk = (int)Math.Clamp(ChunkSeconds / seconds, 1, Math.Max(1, _panelCount / (4.0 * workers.Threads)));
        if (seconds * _panelCount < ChunkSeconds)
        {
            _panelsPerChunk = _panelCount;
        }
    }

    public required float* Y { get; init; }

    public required long YStride { get; init; }

    public float* Bias { get; init; }

    public Activation? Activation { get; init; }

    public float* Residual { get; init; }

    public long ResidualStride { get; init; }

    /// <summary>Chunks to run.</summary>
    public readonly int Chunks => (_panelCount + _panelsPerChunk - 1) / _panelsPerChunk;

    private readonly int Rows => _tiles.Start(_tiles.Count);

    public readonly void Run(int chunk, int worker)
    {
        int end = Math.Min(_panelCount, (chunk + 1) * _panelsPerChunk);
        for (int panel = chunk * _panelsPerChunk; panel < end; panel++)
        {
            switch (_type)
            {
                case ElementType.F32:
                    Multiply<PanelF32<TSimd, TVector>>(panel, worker);
                    break;
                case ElementType.BF16:
                    Multiply<PanelBF16<TSimd, TVector>>(panel, worker);
                    break;
                default:
                    Multiply<PanelF16<TSimd, TVector>>(panel, worker);
                    break;
            }
        }
    }

    private readonly void Multiply<TPanel>(int panel, int worker)
        where TPanel : struct, IPanelElement<TSimd, TVector>
    {
        var product = new PanelProduct<TSimd, TVector, TPanel>(_tiles, _a, _k);
        int columns = Math.Min(TileKernel.Width, _outputs - (panel * TileKernel.Width));
        bool direct = columns == TileKernel.Width && Bias == null && Activation is null && Residual == null && product.Blocks == 1;

        // Sums wait here between blocks and for what follows them, unless they are the result.
        int held = product.Blocks > 1 ? Rows : _tiles.Height(0);
        float* sums = _workers.Scratch(worker, ((long)held * TileKernel.Width) + product.ScratchFloats);
        float* scratch = sums + ((long)held * TileKernel.Width);
        for (int block = 0; block < product.Blocks; block++)
        {
            product.Begin(block, _panels + (panel * _panelBytes), scratch);
            for (int tile = 0; tile < _tiles.Count; tile++)
            {
                int start = _tiles.Start(tile);
                if (direct)
                {
                    product.Multiply(tile, Y + (start * YStride) + (panel * TileKernel.Width), YStride);
                    continue;
                }

                float* c = sums + (product.Blocks > 1 ? (long)start * TileKernel.Width : 0);
                product.Multiply(tile, c, TileKernel.Width);
                if (block == product.Blocks - 1)
                {
                    Finish(c, start, _tiles.Height(tile), panel * TileKernel.Width, columns);
                }
            }
        }
    }

    /// <summary>y = residual + activation(sums + bias) for one tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Finish(float* sums, int start, int height, int column, int columns)
    {
        for (int row = 0; row < height; row++, sums += TileKernel.Width)
        {
            float* y = Y + ((start + row) * YStride) + column;
            float* residual = Residual == null ? null : Residual + ((start + row) * ResidualStride) + column;
            for (int j = 0; j < columns; j += TSimd.Count)
            {
                int lanes = Math.Min(TSimd.Count, columns - j);
                TVector v = TSimd.Load(sums + j);
                if (Bias != null)
                {
                    v = TSimd.Add(v, Load(Bias + column + j, lanes));
                }

                if (Activation is { } activation)
                {
                    v = ActivationMath<TSimd, TVector>.Apply(activation, v);
                }

                if (residual != null)
                {
                    v = TSimd.Add(Load(residual + j, lanes), v);
                }

                if (lanes == TSimd.Count)
                {
                    TSimd.Store(y + j, v);
                }
                else
                {
                    TSimd.StorePartial(y + j, v, lanes);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Load(float* p, int lanes) => lanes == TSimd.Count ? TSimd.Load(p) : TSimd.LoadPartial(p, lanes);
}
