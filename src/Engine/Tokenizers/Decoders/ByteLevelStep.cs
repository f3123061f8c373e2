using System.Text;

namespace Weir.Engine.Tokenizers;

/// <summary>
/// Reads tokens in the byte alphabet and makes one text of them all. A token with a character outside the alphabet,
/// as an added one may have, stands for itself.
/// </summary>
internal sealed class ByteLevelStep : WholeTokenStep
{
    private readonly System.Text.Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly List<byte> _bytes = [];

    public override void Finish()
    {
        Decode(flush: true);
        Next.EndToken();
        Next.Finish();
    }

    protected override void Take(ReadOnlySpan<char> token)
    {
        AppendBytes(token, _bytes);
        Decode(flush: false);
    }

    /// <summary>Adds the bytes that a token stands for.</summary>
    public static void AppendBytes(ReadOnlySpan<char> token, List<byte> bytes)
    {
        int before = bytes.Count;
        foreach (char c in token)
        {
            int b = ByteAlphabet.ByteOf(c);
            if (b < 0)
            {
                bytes.RemoveRange(before, bytes.Count - before);
                byte[] own = new byte[Encoding.UTF8.GetByteCount(token)];
                Encoding.UTF8.GetBytes(token, own);
                bytes.AddRange(own);
                return;
            }
            bytes.Add((byte)b);
        }
    }

    private void Decode(bool flush)
    {
        ReadOnlySpan<byte> bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes);
        char[] text = new char[_decoder.GetCharCount(bytes, flush)];
        int count = _decoder.GetChars(bytes, text, flush);
        _bytes.Clear();
        Next.Text(text.AsSpan(0, count));
    }
}
