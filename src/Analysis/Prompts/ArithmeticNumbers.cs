using System.Globalization;
using System.Numerics;

namespace Weir.Analysis.Prompts;

/// <summary>Numbers drawn by entropy: the decimal logarithm of how many there are to choose from.</summary>
internal static class ArithmeticNumbers
{
    /// <summary>A whole number, evenly among 10^entropy around 0.</summary>
    public static BigInteger Integer(Random random, double entropy, bool zero = true)
    {
        var choices = new BigInteger(Math.Max(3, Math.Round(Math.Pow(10, entropy))));
        BigInteger value;
        do
        {
            value = Below(random, choices) - (choices / 2);
        }
        while (!zero && value.IsZero);
        return value;
    }

    /// <summary>A whole number from 1 to 10^entropy.</summary>
    public static BigInteger Positive(Random random, double entropy) =>
        Below(random, new BigInteger(Math.Max(2, Math.Round(Math.Pow(10, entropy))))) + 1;

    /// <summary>A divisor with its sign, found by trial up to 1000, so that large numbers cost nothing.</summary>
    public static BigInteger Divisor(Random random, BigInteger value)
    {
        BigInteger size = BigInteger.Abs(value);
        BigInteger[] divisors = [.. Enumerable.Range(1, 1000).Select(d => (BigInteger)d).Where(d => d <= size && (size % d).IsZero)];
        return divisors[random.Next(divisors.Length)] * (random.Next(2) == 0 ? 1 : -1);
    }

    /// <summary>A number of some digits behind the point.</summary>
    /// <param name="scaled">The number times 10^places.</param>
    /// <param name="places">Digits behind the point.</param>
    public static string Decimal(BigInteger scaled, int places)
    {
        if (places == 0)
        {
            return scaled.ToString(CultureInfo.InvariantCulture);
        }

        string digits = BigInteger.Abs(scaled).ToString(CultureInfo.InvariantCulture).PadLeft(places + 1, '0');
        string text = $"{digits[..^places]}.{digits[^places..]}".TrimEnd('0').TrimEnd('.');
        return scaled.Sign < 0 ? $"-{text}" : text;
    }

    /// <summary>A whole number in a base up to 16, digits above 9 as small letters.</summary>
    public static string InBase(BigInteger value, int radix)
    {
        BigInteger rest = BigInteger.Abs(value);
        string digits = "";
        do
        {
            digits = "0123456789abcdef"[(int)(rest % radix)] + digits;
            rest /= radix;
        }
        while (!rest.IsZero);
        return value.Sign < 0 ? $"-{digits}" : digits;
    }

    private static BigInteger Below(Random random, BigInteger end)
    {
        // Sixteen bytes more than needed: what is uneven then is far below what anyone can see.
        byte[] bytes = new byte[end.GetByteCount() + 16];
        random.NextBytes(bytes);
        return new BigInteger(bytes, isUnsigned: true) % end;
    }
}
