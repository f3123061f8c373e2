namespace Weir.Kernels.Cuda;

/// <summary>
/// A kernel by its names. A launcher holds one as a static field; a device finds the code of it when it is first launched.
/// </summary>
internal sealed class CudaKernel
{
    private static readonly List<CudaKernel> Known = [];

    /// <summary>Names a kernel.</summary>
    /// <param name="name">The kernel's own name.</param>
    /// <param name="file">The file under kernels/ that it stands in, without its ending; null for its own name.</param>
    public CudaKernel(string name, string? file = null)
    {
        Name = name;
        File = file ?? name;
        lock (Known)
        {
            Index = Known.Count;
            Known.Add(this);
        }
    }

    /// <summary>The kernel's own name.</summary>
    public string Name { get; }

    /// <summary>The file under kernels/, without its ending.</summary>
    public string File { get; }

    /// <summary>A small number of its own.</summary>
    public int Index { get; }

    /// <summary>The kernel of a name: a launcher's, or one in a file of its own name.</summary>
    public static CudaKernel Named(string name)
    {
        // Launchers hold their kernels in static fields, which are filled when they are first needed.
        System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(CudaOps).TypeHandle);
        lock (Known)
        {
            return Known.Find(k => k.Name == name) ?? new CudaKernel(name);
        }
    }

    public override string ToString() => Name;
}
