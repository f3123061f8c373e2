using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Weir.Kernels.Cuda;

/// <summary>Named ranges on the host's time line of NVIDIA's profilers; nothing where their library is not there.</summary>
internal static unsafe class Nvtx
{
    private static readonly ConcurrentDictionary<string, nint> Names = new(StringComparer.Ordinal);
    private static readonly nint Library = NativeLibraries.Load(NativeLibraries.Nvtx, out _);
    private static readonly delegate* unmanaged<nint, int> PushRange = (delegate* unmanaged<nint, int>)Find("nvtxRangePushA");
    private static readonly delegate* unmanaged<int> PopRange = (delegate* unmanaged<int>)Find("nvtxRangePop");

    /// <summary>Begins a range.</summary>
    public static void Push(string name)
    {
        if (PushRange is not null)
        {
            // The library keeps the address, so a name stays for good.
            _ = PushRange(Names.GetOrAdd(name, static n => Marshal.StringToCoTaskMemUTF8(n)));
        }
    }

    /// <summary>Ends the last range that was begun.</summary>
    public static void Pop()
    {
        if (PopRange is not null)
        {
            _ = PopRange();
        }
    }

    private static nint Find(string name) => Library != 0 && NativeLibrary.TryGetExport(Library, name, out nint address) ? address : 0;
}
