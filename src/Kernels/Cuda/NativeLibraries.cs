using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Weir.Kernels.Cuda;

/// <summary>
/// NVIDIA's libraries by the names under which they may be installed, newest first. None is needed to build or to start
/// Weir; each is looked for when it is first wanted.
/// </summary>
internal static class NativeLibraries
{
    /// <summary>The driver.</summary>
    public static string[] CudaDriver { get; } = OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so"];

    /// <summary>Matrix products with fused epilogues.</summary>
    public static string[] CublasLt { get; } = OperatingSystem.IsWindows() ? ["cublasLt64_13.dll", "cublasLt64_12.dll"] : ["libcublasLt.so.13", "libcublasLt.so.12"];

    /// <summary>Matrix products.</summary>
    public static string[] Cublas { get; } = OperatingSystem.IsWindows() ? ["cublas64_13.dll", "cublas64_12.dll"] : ["libcublas.so.13", "libcublas.so.12"];

    /// <summary>Named ranges for NVIDIA's profilers.</summary>
    public static string[] Nvtx { get; } = OperatingSystem.IsWindows() ? ["nvToolsExt64_1.dll"] : ["libnvToolsExt.so.1"];

    /// <summary>
    /// Loads the first of some libraries that the system's loader finds by itself, or in the folders of CUDA_PATH.
    /// </summary>
    /// <param name="names">File names, or one path.</param>
    /// <param name="path">Where it is; empty where none is found.</param>
    /// <returns>A handle, or 0.</returns>
    public static nint Load(string[] names, out string path)
    {
        foreach (string candidate in names.Concat(InToolkit(names)))
        {
            if (NativeLibrary.TryLoad(candidate, out nint handle))
            {
                path = LoadedFrom(candidate) ?? candidate;
                return handle;
            }
        }

        path = "";
        return 0;
    }

    /// <summary>Fills a struct of function pointers with a library's exports of their names.</summary>
    /// <param name="library">The library's handle.</param>
    /// <param name="missing">The first name that it does not export; null where it has all.</param>
    public static unsafe T Bind<T>(nint library, out string? missing)
        where T : unmanaged
    {
        T calls = default;
        nint* slot = (nint*)&calls;
        missing = null;
        foreach (FieldInfo field in typeof(T).GetFields().OrderBy(f => f.MetadataToken))
        {
            if (!NativeLibrary.TryGetExport(library, field.Name, out *slot++))
            {
                missing = field.Name;
                break;
            }
        }

        return calls;
    }

    private static IEnumerable<string> InToolkit(string[] names)
    {
        if (Environment.GetEnvironmentVariable("CUDA_PATH") is not { Length: > 0 } toolkit)
        {
            return [];
        }

        string[] folders = OperatingSystem.IsWindows() ? ["bin/x64", "bin"] : ["lib64", "lib", "targets/x86_64-linux/lib"];
        return names.SelectMany(name => folders.Select(folder => Path.Combine(toolkit, folder, name))).Where(File.Exists);
    }

    // libcuda.so.1 is a link to libcuda.so.550.54.15, and the system lists what it is a link to.
    private static string? LoadedFrom(string candidate)
    {
        string name = Path.GetFileName(candidate);
        int suffix = name.IndexOf(".so", StringComparison.Ordinal);
        string stem = suffix < 0 ? name : name[..(suffix + 3)];
        using var process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>()
            .Select(module => module.FileName)
            .FirstOrDefault(file => Path.GetFileName(file).StartsWith(stem, StringComparison.OrdinalIgnoreCase));
    }
}
