using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel EditKernel = new("edit");
    private static readonly CudaKernel ProjectOutKernel = new("edit_project_out", "edit");

    public void Edit(EditKind kind, Tensor target, Tensor rows, Tensor coefficients, Tensor operand)
    {
        bool shared = Check.Edit(kind, target, rows, coefficients, operand);
        _counters.Ops++;
        int count = (int)rows.Shape.Count;
        if (count == 0 || target.Width == 0)
        {
            return;
        }

        bool projects = kind == EditKind.ProjectOut;
        bool aligned = RowShare.Aligned(target.Width, target, kind == EditKind.Clamp ? default : operand);
        RowShare share = projects ? RowShare.Together(count, target.Width, aligned) : RowShare.Apart(count, target.Width, aligned);
        var arguments = new EditArguments
        {
            Share = share,
            Target = Floats(target),
            Rows = Integers(rows),
            Coefficients = Floats(coefficients),
            Operand = Floats(operand),
            Fault = (int*)_faultAddress,
            StrideTarget = target.RowStride,
            StrideOperand = shared ? 0 : operand.RowStride,
            Kind = (int)kind,
            TargetRows = target.Rows,
        };

        // One block more looks for a row that is named twice.
        Grid grid = projects ? share.Whole : share.Divided;
        long passes = kind is EditKind.Zero or EditKind.Replace ? 1 : 2;
        long bytes = (passes * count * target.Width * sizeof(float)) + rows.Bytes + coefficients.Bytes + operand.Bytes;
        Launch(projects ? ProjectOutKernel : EditKernel, grid with { X = grid.X + 1 }, share.Threads, arguments, new KernelWork(bytes));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct EditArguments
    {
        public RowShare Share;
        public float* Target;
        public int* Rows;
        public float* Coefficients, Operand;
        public int* Fault;
        public int StrideTarget, StrideOperand;
        public int Kind, TargetRows;
    }
}
