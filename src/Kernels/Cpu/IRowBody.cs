namespace Weir.Kernels.Cpu;

/// <summary>What an op does to a range of rows.</summary>
internal interface IRowBody
{
    /// <summary>Does rows start .. end - 1. What it writes for a row must not depend on the range.</summary>
    void Run(int start, int end);
}
