using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

/// <summary>Products of 16-bit weights on Hopper's tensor cores.</summary>
internal sealed unsafe partial class CudaOps
{
    private const int Hopper = 90, MostRowsOfSmallHopper = 64;

    private static readonly WgmmaTile
        LargeHopper = new("matmul_hopper", Warpgroups: 2, Outputs: 256, Stages: 4),
        MediumHopper = new("matmul_hopper_medium", Warpgroups: 2, Outputs: 128, Stages: 6),
        SmallHopper = new("matmul_hopper_small", Warpgroups: 1, Outputs: 32, Stages: 16);

    private void MatMulHopper(Tensor x, CudaMatrix w, Tensor y, in MatMulOptions options, in StoredOperands operands)
    {
        WgmmaTile tile = y.Rows <= MostRowsOfSmallHopper ? SmallHopper : FillsDevice(y, LargeHopper.Rows, LargeHopper.Outputs) ? LargeHopper : MediumHopper;
        int tiles = checked(CeilDiv(y.Rows, tile.Rows) * CeilDiv(y.Width, tile.Outputs));
        var arguments = new MatMulHopperArguments
        {
            X = OperandMap(operands.X, w.Type, y.Rows, x.Width, operands.StrideX, tile.Rows),
            W = OperandMap(operands.W, w.Type, y.Width, x.Width, operands.StrideW, tile.Outputs),
            Epilogue = new Epilogue(y, options),
            Inputs = x.Width,
        };
        Launch(
            tile.Kernel(w.Type), new Grid(Math.Min(tiles, _device.Facts.Multiprocessors)), tile.Threads, arguments, MatMulWork(x, w, y, options), tile.SharedBytes);
    }

    /// <summary>An operand of a tile: boxes of so many rows and 64 inputs.</summary>
    private TensorMap OperandMap(void* address, ElementType type, int rows, int inputs, long stride, int boxRows) => TensorMap.Of(
        _driver,
        new TensorMapLayout((nint)address, type, rows, inputs, stride * sizeof(ushort), boxRows, WgmmaTile.Inputs, Swizzled: true));

    /// <summary>A shape of tile of kernels/matmul_hopper.cu.</summary>
    private sealed record WgmmaTile(string Name, int Warpgroups, int Outputs, int Stages)
    {
        public const int Inputs = 64;

        private const int PatchBytes = 16 * 40 * sizeof(float);

        private readonly CudaKernel _bf16 = new(Name + "_bf16", "matmul_hopper"), _f16 = new(Name + "_f16", "matmul_hopper");

        public int Rows => 64 * Warpgroups;

        public int Threads => 128 * (Warpgroups + 1);

        /// <summary>The stages of the operands, and a patch of sums for each warp.</summary>
        public int SharedBytes => (Stages * (Rows + Outputs) * Inputs * sizeof(ushort)) + (4 * Warpgroups * PatchBytes);

        public CudaKernel Kernel(ElementType type) => type == ElementType.BF16 ? _bf16 : _f16;
    }

    [StructLayout(LayoutKind.Sequential, Size = 320)]
    private struct MatMulHopperArguments
    {
        public TensorMap X, W;
        public Epilogue Epilogue;
        public int Inputs;
    }
}
