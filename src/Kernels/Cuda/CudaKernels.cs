namespace Weir.Kernels.Cuda;

/// <summary>The code of the kernels on one device: modules are loaded when a kernel of theirs is first needed.</summary>
internal sealed class CudaKernels(ICudaDriver driver)
{
    private readonly Dictionary<string, nint> _modules = new(StringComparer.Ordinal);
    private nint[] _functions = [];

    /// <summary>Puts other code in the place of a kernel's own.</summary>
    public void Replace(CudaKernel kernel, nint function)
    {
        _ = Function(kernel);
        _functions[kernel.Index] = function;
    }

    /// <summary>The driver's handle of a kernel.</summary>
    public nint Function(CudaKernel kernel)
    {
        if (kernel.Index < _functions.Length && _functions[kernel.Index] != 0)
        {
            return _functions[kernel.Index];
        }

        if (kernel.Index >= _functions.Length)
        {
            Array.Resize(ref _functions, Math.Max(kernel.Index + 1, 64));
        }

        if (!_modules.TryGetValue(kernel.File, out nint module))
        {
            module = driver.LoadModule($"kernels/{kernel.File}.cu", driver.Facts.IsEmulated ? null : KernelImage.Load(kernel.File, driver.Facts));
            _modules.Add(kernel.File, module);
        }

        return _functions[kernel.Index] = driver.GetFunction(module, kernel.Name);
    }
}
