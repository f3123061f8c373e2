using System.Runtime.InteropServices;

namespace Weir.Kernels.Cuda;

/// <summary>The library that make -C kernels/emulator builds.</summary>
internal sealed unsafe class EmulatorLibrary
{
    private const string FileName = "libweir_emulated.so";

    private static readonly Lazy<EmulatorLibrary> Loaded = new(() => new EmulatorLibrary());

    private readonly delegate* unmanaged<int, nint, long, uint*, uint*, long, ulong, byte*, int, int> _launch;

    private EmulatorLibrary()
    {
        nint library = NativeLibrary.Load(Location ?? throw new CudaException(
            $"The emulator's library {FileName} is nowhere to be found; build it with make -C kernels/emulator, or name it in WEIR_EMULATOR."));
        var count = (delegate* unmanaged<int>)NativeLibrary.GetExport(library, "weir_emulator_kernels");
        var name = (delegate* unmanaged<int, nint>)NativeLibrary.GetExport(library, "weir_emulator_kernel");
        _launch = (delegate* unmanaged<int, nint, long, uint*, uint*, long, ulong, byte*, int, int>)NativeLibrary.GetExport(library, "weir_emulator_launch");
        for (int i = 0; i < count(); i++)
        {
            Kernels.Add(Marshal.PtrToStringUTF8(name(i))!, i);
        }
    }

    /// <summary>The library, loaded once.</summary>
    public static EmulatorLibrary Instance => Loaded.Value;

    /// <summary>
    /// Where it is, or null: in WEIR_EMULATOR, beside the program, or in artifacts/emulator of a directory above it.
    /// </summary>
    public static string? Location
    {
        get
        {
            if (Environment.GetEnvironmentVariable("WEIR_EMULATOR") is { Length: > 0 } named)
            {
                return File.Exists(named) ? named : null;
            }

            string beside = Path.Combine(AppContext.BaseDirectory, FileName);
            if (File.Exists(beside))
            {
                return beside;
            }

            for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
            {
                string built = Path.Combine(d.FullName, "artifacts", "emulator", FileName);
                if (File.Exists(built))
                {
                    return built;
                }
            }

            return null;
        }
    }

    /// <summary>Kernels by name.</summary>
    public Dictionary<string, int> Kernels { get; } = new(StringComparer.Ordinal);

    /// <summary>Runs a kernel; 0, or an error text.</summary>
    public int Launch(int kernel, nint arguments, long argumentBytes, uint* grid, uint* block, long sharedBytes, ulong seed, byte* error, int errorBytes) =>
        _launch(kernel, arguments, argumentBytes, grid, block, sharedBytes, seed, error, errorBytes);
}
