namespace Weir.Engine.Tokenizers;

/// <summary>
/// GPT-2's spelling of bytes: printable Latin-1 bytes stand for themselves, the others for U+0100 upwards, so that
/// every byte string is a string of visible characters.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] s_chars = MakeChars();
    private static readonly short[] s_bytes = MakeBytes();

    public static char CharOf(byte value) => s_chars[value];

    /// <summary>The byte a character stands for, or -1.</summary>
    public static int ByteOf(char value) => value < s_bytes.Length ? s_bytes[value] : -1;

    /// <summary>How many bytes of UTF-8 the text has. The text must be well-formed.</summary>
    public static int Count(ReadOnlySpan<char> text) => System.Text.Encoding.UTF8.GetByteCount(text);

    /// <summary>Spells the UTF-8 bytes of a text; the target has one character for each byte.</summary>
    public static void Spell(ReadOnlySpan<char> text, Span<char> target)
    {
        Span<byte> bytes = stackalloc byte[4];
        int at = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c < 0x80)
            {
                target[at++] = s_chars[c];
                continue;
            }
            System.Text.Rune rune = char.IsSurrogate(c) ? new(c, text[++i]) : new(c);
            int count = rune.EncodeToUtf8(bytes);
            for (int b = 0; b < count; b++)
                target[at++] = s_chars[bytes[b]];
        }
    }

    private static bool IsPrintable(int b) => b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);

    private static char[] MakeChars()
    {
        char[] chars = new char[256];
        int next = 256;
        for (int b = 0; b < 256; b++)
            chars[b] = (char)(IsPrintable(b) ? b : next++);
        return chars;
    }

    private static short[] MakeBytes()
    {
        short[] bytes = new short[s_chars.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (int b = 0; b < 256; b++)
            bytes[s_chars[b]] = (short)b;
        return bytes;
    }
}
