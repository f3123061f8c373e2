using System.Diagnostics;
using System.Text;
using Weir.Engine.Tokenizers;
using Xunit;

namespace Weir.Engine.Tests.Tokenizers;

/// <summary>
/// Encoding takes time in proportion to the text, also for texts that are a single word to the model. The bounds are
/// wide: what they are to catch is quadratic, and takes minutes.
/// </summary>
public sealed class ThroughputTests
{
    private const int Quarter = 1 << 18;

    private static readonly (string Name, Func<int, string> Make)[] s_texts =
    [
        ("one letter", static n => new string('a', n)),
        ("spaces", static n => new string(' ', n)),
        ("line breaks", static n => string.Concat(Enumerable.Repeat("\n \t", n / 3))),
        ("digits", static n => Cycle("0123456789", n)),
        ("letters", static n => Cycle("thequickbrownfoxjumpsoverthelazydog", n)),
        ("Chinese", static n => Cycle("河水慢慢地流过旧磨坊傍晚的时候", n)),
        ("apostrophes", static n => new string('\'', n)),
        ("marks", static n => "e" + Cycle("\u0301\u0334\u0315", n)),
    ];

    public static TheoryData<string, string> Cases => new(
        from style in TokenizerFixture.Styles from text in s_texts select new TheoryDataRow<string, string>(style, text.Name));

    [Theory]
    [MemberData(nameof(Cases))]
    public void FourTimesTheTextTakesAboutFourTimesAsLong(string style, string name)
    {
        ITokenizer tokenizer = TokenizerFixture.Load(style);
        Func<int, string> make = s_texts.Single(text => text.Name == name).Make;
        tokenizer.Encode(make(Quarter / 16), addSpecialTokens: false);
        AssertLinear(tokenizer, make(Quarter), make(4 * Quarter), name);
    }

    [Theory]
    [InlineData("""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s""")]
    public void APatternThatIsNotKnownIsLinearToo(string regex)
    {
        ITokenizer tokenizer = TokenizerJson.Loaded("llama3", json => json["pre_tokenizer"]!["pretokenizers"]![0]!["pattern"]!["Regex"] = regex);
        foreach ((string name, Func<int, string> make) in s_texts)
        {
            AssertLinear(tokenizer, make(Quarter), make(4 * Quarter), name);
        }
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama2")]
    public void LongDecodingIsLinear(string style)
    {
        ITokenizer tokenizer = TokenizerFixture.Load(style);
        int[] small = tokenizer.Encode(Cycle("the river 河水 \u00e9", Quarter / 4), addSpecialTokens: true);
        int[] large = [.. small, .. small, .. small, .. small];
        tokenizer.Decode(small, skipSpecialTokens: false);
        Stopwatch watch = Stopwatch.StartNew();
        tokenizer.Decode(small, skipSpecialTokens: false);
        double quarter = watch.Elapsed.TotalSeconds;
        watch.Restart();
        string text = tokenizer.Decode(large, skipSpecialTokens: true);
        Assert.True(watch.Elapsed.TotalSeconds < 12 * quarter + 0.5);
        Assert.InRange(text.Length, Quarter, Quarter + 8);
    }

    private static void AssertLinear(ITokenizer tokenizer, string small, string large, string name)
    {
        double quarter = Seconds(tokenizer, small);
        double whole = Seconds(tokenizer, large);
        for (int retry = 0; retry < 3 && whole >= 12 * quarter + 0.5; retry++) // the machine may have been busy elsewhere
            whole = Math.Min(whole, Seconds(tokenizer, large));
        Assert.True(whole < 30, $"{name}: {whole:F1} s");
        Assert.True(whole < 12 * quarter + 0.5, $"{name}: {quarter:F3} s for a quarter, {whole:F3} s for the whole");
    }

    private static double Seconds(ITokenizer tokenizer, string text)
    {
        Stopwatch watch = Stopwatch.StartNew();
        tokenizer.Encode(text, addSpecialTokens: false);
        return watch.Elapsed.TotalSeconds;
    }

    private static string Cycle(string text, int length)
    {
        StringBuilder cycled = new(length + text.Length);
        while (cycled.Length < length)
            cycled.Append(text);
        return cycled.ToString(0, length);
    }
}
