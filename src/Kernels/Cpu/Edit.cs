using System.Runtime.InteropServices;
using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Edit(EditKind kind, Tensor target, Tensor rows, Tensor coefficients, Tensor operand)
    {
        bool shared = Check.Edit(kind, target, rows, coefficients, operand);
        CheckRange(rows, 0, target.Rows);
        CheckOnce(rows, target.Rows);
        _counters.Ops++;
        var body = new EditBody
        {
            Kind = kind,
            Target = Floats(target),
            Rows = Integers(rows),
            Coefficients = Floats(coefficients),
            Operand = Floats(operand),
            StrideTarget = target.RowStride,
            StrideOperand = shared ? 0 : operand.RowStride,
            Width = target.Width,
        };
        RowLoop<EditBody>.Run(_workers, (int)rows.Shape.Count, target.Width * 12L, body);
    }

    /// <summary>No row twice: two threads would write it.</summary>
    private void CheckOnce(Tensor rows, int end)
    {
        int* r = Integers(rows);
        int count = (int)rows.Shape.Count;
        int i = 1;
        while (i < count && r[i - 1] < r[i])
        {
            i++;
        }

        if (i >= count)
        {
            return;
        }

        uint* seen = (uint*)_workers.Scratch(0, (end + 31) / 32);
        NativeMemory.Clear(seen, (nuint)((end + 31) / 32 * sizeof(uint)));
        for (i = 0; i < count; i++)
        {
            uint bit = 1u << (r[i] & 31);
            Check.That((seen[r[i] >> 5] & bit) == 0, "An edit names a row twice.");
            seen[r[i] >> 5] |= bit;
        }
    }

    private struct EditBody : IRowBody
    {
        public EditKind Kind;
        public float* Target;
        public int* Rows;
        public float* Coefficients;
        public float* Operand;
        public long StrideTarget;
        public long StrideOperand;
        public int Width;

        public readonly void Run(int start, int end)
        {
            for (int i = start; i < end; i++)
            {
                EditRow(Target + (Rows[i] * StrideTarget), Coefficients is null ? 0 : Coefficients[i], Operand + (i * StrideOperand));
            }
        }

        // A coefficient that changes nothing by the formula changes no bit either: x + 0 v would lose the sign of -0, and
        // 0 times infinity is NaN.
        private readonly void EditRow(float* x, float c, float* v)
        {
            switch (Kind)
            {
                case EditKind.Add:
                    if (c != 0)
                    {
                        AddMultiple(x, c, v);
                    }

                    break;
                case EditKind.Scale:
                    if (c != 1)
                    {
                        Scale(x, c);
                    }

                    break;
                case EditKind.Zero:
                    new Span<float>(x, Width).Clear();
                    break;
                case EditKind.Replace:
                    CopyRow(v, x, Width);
                    break;
                case EditKind.ProjectOut:
                    double square = F64.Dot(v, v, Width);
                    if (c != 0 && square != 0)
                    {
                        AddMultiple(x, (float)(-c * (F64.Dot(x, v, Width) / square)), v);
                    }

                    break;
                case EditKind.Clamp:
                    Clamp(x, v[0], v[1]);
                    break;
            }
        }

        private readonly void AddMultiple(float* x, float c, float* v)
        {
            TVector factor = TSimd.Create(c);
            int width = Width;
            int i = 0;
            for (; i <= width - TSimd.Count; i += TSimd.Count)
            {
                TSimd.Store(x + i, TSimd.Fma(factor, TSimd.Load(v + i), TSimd.Load(x + i)));
            }

            int rest = width - i;
            TSimd.StorePartial(x + i, TSimd.Fma(factor, TSimd.LoadPartial(v + i, rest), TSimd.LoadPartial(x + i, rest)), rest);
        }

        private readonly void Scale(float* x, float c)
        {
            TVector factor = TSimd.Create(c);
            int width = Width;
            int i = 0;
            for (; i <= width - TSimd.Count; i += TSimd.Count)
            {
                TSimd.Store(x + i, TSimd.Multiply(TSimd.Load(x + i), factor));
            }

            int rest = width - i;
            TSimd.StorePartial(x + i, TSimd.Multiply(TSimd.LoadPartial(x + i, rest), factor), rest);
        }

        private readonly void Clamp(float* x, float low, float high)
        {
            TVector least = TSimd.Create(low);
            TVector most = TSimd.Create(high);
            int width = Width;
            int i = 0;
            for (; i <= width - TSimd.Count; i += TSimd.Count)
            {
                TSimd.Store(x + i, TSimd.Min(TSimd.Max(TSimd.Load(x + i), least), most));
            }

            int rest = width - i;
            TSimd.StorePartial(x + i, TSimd.Min(TSimd.Max(TSimd.LoadPartial(x + i, rest), least), most), rest);
        }
    }
}
