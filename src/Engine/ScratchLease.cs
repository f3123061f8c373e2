using Weir.Kernels;

namespace Weir.Engine;

/// <summary>A model's scratch memory while one piece of work has it; see <see cref="Model.BorrowScratch"/>.</summary>
internal readonly ref struct ScratchLease(Model model, Arena arena)
{
    /// <summary>The memory.</summary>
    public Arena Arena { get; } = arena;

    /// <summary>Gives it back.</summary>
    public void Dispose() => model.ReturnScratch();
}
