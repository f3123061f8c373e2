using System.Text;
using Weir.Engine.Tokenizers;
using Xunit;

namespace Weir.Engine.Tests.Tokenizers;

/// <summary>Every case of every fixture tokenizer, against what the tokenizers library gave.</summary>
public sealed class FixtureTests
{
    public static TheoryData<string> Styles => [.. TokenizerFixture.Styles];

    [Theory]
    [MemberData(nameof(Styles))]
    public void EveryTextIsEncodedAsByTheReference(string style)
    {
        TokenizerFixture fixture = TokenizerFixture.Read(style);
        ITokenizer tokenizer = TokenizerFixture.Load(style);
        List<string> wrong = [];
        foreach (var item in fixture.Cases)
        {
            if (!tokenizer.Encode(item.Text, addSpecialTokens: true).SequenceEqual(item.Ids))
                wrong.Add(item.Text);
            if (!tokenizer.Encode(item.Text, addSpecialTokens: false).SequenceEqual(item.IdsWithoutSpecial))
                wrong.Add(item.Text);
        }
        Assert.Empty(wrong);
        Assert.Equal(240, fixture.Cases.Length);
    }

    [Theory]
    [MemberData(nameof(Styles))]
    public void EveryEncodedTextIsDecodedAsByTheReference(string style)
    {
        TokenizerFixture fixture = TokenizerFixture.Read(style);
        ITokenizer tokenizer = TokenizerFixture.Load(style);
        foreach (var item in fixture.Cases)
        {
            Assert.Equal(item.Decoded, tokenizer.Decode(item.Ids, skipSpecialTokens: false));
            Assert.Equal(item.DecodedSkipSpecial, tokenizer.Decode(item.Ids, skipSpecialTokens: true));
        }
        Assert.Equal(240, fixture.Cases.Length);
    }

    [Theory]
    [MemberData(nameof(Styles))]
    public void RandomIdsAreDecodedAsByTheReference(string style)
    {
        TokenizerFixture fixture = TokenizerFixture.Read(style);
        ITokenizer tokenizer = TokenizerFixture.Load(style);
        foreach (var item in fixture.Decode)
        {
            Assert.Equal(item.Decoded, tokenizer.Decode(item.Ids, skipSpecialTokens: false));
            Assert.Equal(item.DecodedSkipSpecial, tokenizer.Decode(item.Ids, skipSpecialTokens: true));
        }
        Assert.Equal(60, fixture.Decode.Length);
    }

    [Theory]
    [MemberData(nameof(Styles))]
    public void EveryIdIsDecodedAsByTheReference(string style)
    {
        TokenizerFixture fixture = TokenizerFixture.Read(style);
        ITokenizer tokenizer = TokenizerFixture.Load(style);
        Assert.Equal(fixture.VocabSize, tokenizer.VocabularySize);
        Assert.Equal(fixture.VocabSize, fixture.EachIdDecoded.Length);
        for (int id = 0; id < fixture.VocabSize; id++)
        {
            string expected = fixture.EachIdDecoded[id];
            Assert.Equal(expected, tokenizer.Decode([id], skipSpecialTokens: false));
            Assert.Equal(id, tokenizer.IdOf(tokenizer.Piece(id)));
            string shown = tokenizer.TokenText(id);
            if (expected.Contains('\uFFFD', StringComparison.Ordinal))
                Assert.Contains("<0x", shown, StringComparison.Ordinal);
            else
                Assert.Equal(expected, shown);
        }
        Assert.Equal(fixture.SpecialIds, Enumerable.Range(0, fixture.VocabSize).Where(tokenizer.IsSpecial));
    }

    [Theory]
    [MemberData(nameof(Styles))]
    public void AStreamGivesPrefixesOfTheWholeText(string style)
    {
        TokenizerFixture fixture = TokenizerFixture.Read(style);
        ITokenizer tokenizer = TokenizerFixture.Load(style);
        int streams = 0;
        foreach (int[] ids in fixture.Cases.Select(item => item.Ids).Concat(fixture.Decode.Select(item => item.Ids)))
        {
            foreach (bool skip in (ReadOnlySpan<bool>)[false, true])
            {
                TokenStream stream = tokenizer.Stream(skip);
                StringBuilder text = new();
                for (int i = 0; i < ids.Length; i++)
                {
                    text.Append(stream.Append(ids[i]));
                    if (i < 50)
                        Assert.StartsWith(text.ToString(), tokenizer.Decode(ids.AsSpan(0, i + 1), skip), StringComparison.Ordinal);
                }
                text.Append(stream.Finish());
                Assert.Equal(tokenizer.Decode(ids, skip), text.ToString());
                streams++;
            }
        }
        Assert.Equal(600, streams);
    }
}
