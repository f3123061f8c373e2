using System.Globalization;

namespace Weir.Kernels.Cuda;

/// <summary>The table of kernels/resources.tsv, which kernels/resources.sh makes and the build embeds.</summary>
public static class KernelTable
{
    private static readonly Lazy<(string Compiler, IReadOnlyList<KernelResources> Rows)> Table = new(Read);

    /// <summary>The compiler that it is of: "nvcc 12.4.131".</summary>
    public static string Compiler => Table.Value.Compiler;

    /// <summary>A row for each kernel and target, by file and name.</summary>
    public static IReadOnlyList<KernelResources> Rows => Table.Value.Rows;

    private static (string Compiler, IReadOnlyList<KernelResources> Rows) Read()
    {
        using var reader = new StreamReader(typeof(KernelTable).Assembly.GetManifestResourceStream("resources.tsv")!);
        string compiler = reader.ReadLine()!.TrimStart('#', ' ');
        _ = reader.ReadLine(); // Names of the columns.
        var rows = new List<KernelResources>();
        while (reader.ReadLine() is { } line)
        {
            string[] cells = line.Split('\t');
            int Number(int column) => int.Parse(cells[column], CultureInfo.InvariantCulture);
            rows.Add(new KernelResources(cells[0], cells[1], cells[2], Number(3), Number(4), Number(5), Number(6), Number(7), Number(8), cells[9]));
        }

        return (compiler, rows);
    }
}
