namespace Weir.Kernels.Cuda;

/// <summary>The PTX that the build has put into the assembly: one resource a file of kernels/ and target.</summary>
internal static class KernelImage
{
    private const string Prefix = "kernels/";

    /// <summary>True where the program was built with nvcc.</summary>
    public static bool AreBuilt => typeof(KernelImage).Assembly.GetManifestResourceNames().Any(n => n.StartsWith(Prefix, StringComparison.Ordinal));

    /// <summary>The code of a file for a device: the newest target that runs on it.</summary>
    /// <exception cref="CudaException">There is none.</exception>
    public static byte[] Load(string file, CudaFacts device)
    {
        string[] names = [.. typeof(KernelImage).Assembly.GetManifestResourceNames().Where(n => n.StartsWith($"{Prefix}{file}.sm_", StringComparison.Ordinal))];
        string? name = device.Capability == 90 ? names.FirstOrDefault(n => n.EndsWith(".sm_90a.ptx", StringComparison.Ordinal)) : null;
        name ??= names.FirstOrDefault(n => n.EndsWith(".sm_80.ptx", StringComparison.Ordinal));
        if (name is null)
        {
            throw new CudaException(AreBuilt
                ? $"This program has no code of kernels/{file}.cu for {device.Name}."
                : "This program was built without nvcc and has no CUDA kernels; build it with CUDA 12.4 or newer on the PATH, or use --device cpu.");
        }

        using Stream stream = typeof(KernelImage).Assembly.GetManifestResourceStream(name)!;
        byte[] image = new byte[stream.Length + 1]; // The driver wants a text that ends in 0.
        stream.ReadExactly(image, 0, (int)stream.Length);
        return image;
    }
}
