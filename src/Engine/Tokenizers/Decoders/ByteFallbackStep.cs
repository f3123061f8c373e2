using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Weir.Engine.Tokenizers;

/// <summary>
/// Reads runs of tokens like <c>&lt;0xE4&gt;</c> as UTF-8. A run that is not valid becomes one U+FFFD for each byte,
/// so nothing of a run is certain before it ends.
/// </summary>
internal sealed class ByteFallbackStep : WholeTokenStep
{
    private readonly List<byte> _run = [];

    /// <summary>The byte that a token stands for, or -1.</summary>
    public static int ByteOf(ReadOnlySpan<char> token)
    {
        if (token.Length != 6 || !token.StartsWith("<0x", StringComparison.Ordinal) || token[5] != '>')
            return -1;
        ReadOnlySpan<char> digits = token[3] == '+' ? token.Slice(4, 1) : token.Slice(3, 2); // Rust reads a plus sign too
        return byte.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value) ? value : -1;
    }

    public override void Finish()
    {
        EndRun();
        Next.Finish();
    }

    protected override void Take(ReadOnlySpan<char> token)
    {
        int value = ByteOf(token);
        if (value >= 0)
        {
            _run.Add((byte)value);
            return;
        }
        EndRun();
        Pass(token);
    }

    private void EndRun()
    {
        if (_run.Count == 0)
            return;
        byte[] run = [.. _run];
        _run.Clear();
        if (Utf8.IsValid(run))
        {
            Pass(Encoding.UTF8.GetString(run));
            return;
        }
        foreach (byte _ in run)
            Pass("\uFFFD");
    }
}
