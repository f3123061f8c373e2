using System.Text;

namespace Weir.Kernels.Cuda.Native;

/// <summary>What errors say of PTX.</summary>
internal static class PtxText
{
    /// <summary>"kernels/rms_norm.cu, PTX 8.4 for sm_80".</summary>
    /// <param name="name">Whose code it is.</param>
    /// <param name="image">The PTX.</param>
    public static string Describe(string name, ReadOnlySpan<byte> image)
    {
        // Both directives stand in the first lines, behind the compiler's comment.
        string head = Encoding.ASCII.GetString(image[..Math.Min(image.Length, 2048)]);
        return $"{name}, PTX {Directive(head, ".version")} for {Directive(head, ".target")}";
    }

    /// <summary>A compiler's log without what it did not fill; the second one where the first is empty.</summary>
    public static string Log(byte[] errors, byte[] info)
    {
        string log = Text(errors);
        log = log.Length > 0 ? log : Text(info);
        return log.Length > 0 ? log : "nothing";
    }

    private static string Text(byte[] log)
    {
        int end = Array.IndexOf(log, (byte)0);
        return Encoding.UTF8.GetString(log, 0, end < 0 ? log.Length : end).Trim();
    }

    private static string Directive(string text, string name)
    {
        int start = text.IndexOf(name + ' ', StringComparison.Ordinal);
        if (start < 0)
        {
            return "?";
        }

        string rest = text[(start + name.Length + 1)..];
        int end = rest.AsSpan().IndexOfAny("\r\n,");
        return (end < 0 ? rest : rest[..end]).Trim();
    }
}
