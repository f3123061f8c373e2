using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

/// <summary>
/// An op is a row of files of one name, a file for each column. A new column is a line here; an op without one of its
/// files is red.
/// </summary>
public sealed class RowsOfOpsTests
{
    private static readonly (string Column, Func<string, string> Path)[] Columns =
    [
        ("contract", op => $"src/Kernels/Ops/{op}.cs"),
        ("CPU body", op => $"src/Kernels/Cpu/{op}.cs"),
        ("CUDA launcher", op => $"src/Kernels/Cuda/{op}.cs"),
        ("test", op => $"tests/Kernels.Tests/{op}Tests.cs"),
        ("bench", op => $"bench/Kernels.Bench/{op}Bench.cs"),
    ];

    public static TheoryData<string> Ops() => [.. typeof(IOps).GetMethods().Select(m => m.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Ops))]
    public void HasEveryColumn(string op)
    {
        string[] holes = [.. Columns.Where(c => IsHole(Path.Combine(RepositoryRoot.Path, c.Path(op)), op)).Select(c => $"{c.Column} ({c.Path(op)})")];
        Assert.True(holes.Length == 0, $"{op} lacks its {string.Join(", its ", holes)}.");
    }

    /// <summary>
    /// A kernel file bears the op's name; attention's begin with it, one file for each way of doing it, and take the rows of
    /// a subset too, which is what meta-attention launches.
    /// </summary>
    [Theory]
    [MemberData(nameof(Ops))]
    public void HasAKernelInTheManifest(string op)
    {
        string name = string.Concat(op.Select((c, i) => char.IsUpper(c) && i > 0 ? $"_{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
        name = name.Replace("mat_mul", "matmul", StringComparison.Ordinal);
        string manifest = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "kernels", "manifest.props"));
        string pattern = op is "Attention" or "MetaAttention" ? "attention_*.cu" : $"{name}.cu";
        string[] files = [.. Directory.GetFiles(Path.Combine(RepositoryRoot.Path, "kernels"), pattern).Select(f => Path.GetFileName(f))];
        Assert.True(files.Length > 0, $"{op} lacks its kernel (kernels/{pattern}).");
        Assert.All(files, f => Assert.Contains($"){f}\"", manifest, StringComparison.Ordinal));
    }

    [Fact]
    public void ThereAreOps() => Assert.True(Ops().Count >= 25);

    /// <summary>True where a file is not there, speaks of something else, or is a stub.</summary>
    private static bool IsHole(string path, string op)
    {
        if (!File.Exists(path))
        {
            return true;
        }

        string text = File.ReadAllText(path);
        return !text.Contains(op + '(', StringComparison.Ordinal) || text.Contains("NotSupportedException()", StringComparison.Ordinal);
    }
}
