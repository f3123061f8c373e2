using Weir.Engine.Families;
using Xunit;

namespace Weir.Engine.Tests.Families;

public sealed class RopeScalingTests
{
    [Theory]
    [InlineData(8, new[] { .828168, .643743, .493507, .371122, .271425, .190211 })]
    [InlineData(32, new[] { .809758, .605573, .439240, .303743, .193364, .103448 })]
    public void Llama3HasThePublishedRatios(double factor, double[] middle)
    {
        double[] ratios = Ratios(RopeScaling.Llama3(128, 5e5, factor, 1, 4, 8192), 5e5);
        for (int i = 0; i < 64; i++)
        {
            double expected = i <= 28 ? 1 : i <= 34 ? middle[i - 29] : 1 / factor;
            Assert.Equal(expected, ratios[i], 1e-6);
        }
    }

    [Theory]
    [InlineData(4, 1.13863, new[] { .9423, .8846, .8269, .7692, .7115, .6538, .5962, .5385, .4808, .4231, .3654, .3077 })]
    [InlineData(8, 1.20794, new[] { .9327, .8654, .7981, .7308, .6635, .5962, .5288, .4615, .3942, .3269, .2596, .1923 })]
    public void YarnHasThePublishedRatios(double factor, double magnitude, double[] middle)
    {
        RopeSpec rope = RopeScaling.Yarn(64, 1e4, new() { Factor = factor, OriginalContext = 1024 });
        double[] ratios = Ratios(rope, 1e4);
        for (int i = 0; i < 32; i++)
        {
            double expected = i <= 5 ? 1 : i <= 17 ? middle[i - 6] : 1 / factor;
            Assert.Equal(expected, ratios[i], 1e-4);
        }

        Assert.Equal(magnitude, rope.Magnitude, 1e-5);
        Assert.Equal("yarn", rope.Rule);
    }

    // Computed by transformers 5.12.1 in binary32 for heads of 16.
    [Theory]
    [InlineData("llama3", 1, new[] { 1, 0.2958258092403412, 0.02219463884830475, 0.005126208532601595, 0.0017677670111879706, 0.000609612325206399, 0.00021022409782744944, 7.249553164001554e-05 })]
    [InlineData("linear", 1, new[] { 0.3333333432674408, 0.10540925711393356, 0.03333333507180214, 0.010540925897657871, 0.003333333181217313, 0.0010540926596149802, 0.0003333333588670939, 0.0001054092645063065 })]
    [InlineData("yarn", 1.2079441541679836, new[] { 1, 0.24705293774604797, 0.05625000223517418, 0.010870330035686493, 0.0012499999720603228, 0.00039528473280370235, 0.0001250000059371814, 3.9528473280370235e-05 })]
    [InlineData("yarn, all set", 0.9649674935890178, new[] { 1, 0.3162277638912201, 0.07160846143960953, 0.007324998266994953, 0.0012499999720603228, 0.00039528473280370235, 0.0001250000059371814, 3.9528473280370235e-05 })]
    public void FrequenciesAreThoseOfTransformers(string rule, double magnitude, double[] expected)
    {
        YarnParameters yarn = new() { Factor = 8, OriginalContext = 512 };
        RopeSpec rope = rule switch
        {
            "llama3" => RopeScaling.Llama3(16, 5000, 8, 1, 4, 64),
            "linear" => RopeScaling.Linear(16, 1e4, 3),
            "yarn" => RopeScaling.Yarn(16, 1e4, yarn),
            _ => RopeScaling.Yarn(
                16, 1e4, yarn with { BetaFast = 16, BetaSlow = 2, Mscale = 0.7, MscaleAllDim = 0.9, Truncate = false }),
        };
        for (int i = 0; i < 8; i++)
            Assert.Equal(1, rope.Frequencies[i] / expected[i], 2e-7);
        Assert.Equal(magnitude, rope.Magnitude, 1e-7);
    }

    // Bits of every fourth frequency, from the second on, as transformers 5.12.1 has them; pow may differ in its last bit.
    [Theory]
    [InlineData("default", new[] { 1062243009, 1052224381, 1042400160, 1032747160, 1023079743, 1012729580, 1002613366, 992703196, 982974499, 973405631, 963265135, 953045493, 943044231, 933235305, 923595776, 913852610 })]
    [InlineData("llama3", new[] { 1062243009, 1052224381, 1042400160, 1032747160, 1023079743, 1012729580, 1002613366, 990772486, 967045384, 948239807, 938099311, 927879669, 917878407, 908069481, 898429952, 888686786 })]
    [InlineData("yarn", new[] { 1062095789, 1051589887, 1041415569, 1031243027, 1020314024, 1009782866, 998728584, 985148352, 971774312, 956841528, 940983076, 930969044, 919979073, 909396494, 899157506, 889208300 })]
    [InlineData("linear", new[] { 1048573633, 1034019522, 1020052839, 1006731829, 992203040, 978269884, 964890035, 950388067 })]
    public void FrequenciesAreRoundedAsTransformersRoundsThem(string rule, int[] bits)
    {
        RopeSpec rope = rule switch
        {
            "default" => RopeScaling.Default(128, 500_000),
            "llama3" => RopeScaling.Llama3(128, 500_000, 8, 1, 4, 8192),
            "yarn" => RopeScaling.Yarn(128, 1e6, new() { Factor = 4, OriginalContext = 32768 }),
            _ => RopeScaling.Linear(64, 1e4, 3),
        };
        int[] ours = [.. rope.Frequencies.Where((_, i) => i % 4 == 1).Select(BitConverter.SingleToInt32Bits)];
        Assert.Equal(bits.Length, ours.Length);
        Assert.All(bits.Zip(ours), p => Assert.InRange(p.Second - p.First, -1, 1));
        Assert.True(bits.Zip(ours).Count(p => p.First == p.Second) >= bits.Length - 2);
    }

    [Fact]
    public void DefaultFrequenciesArePowersOfTheBase()
    {
        RopeSpec rope = RopeScaling.Default(8, 10_000);
        Assert.Equal([1f, 0.1f, 0.01f, 0.001f], rope.Frequencies);
        Assert.Equal((8, 1f, "default", 10_000.0), (rope.Dimensions, rope.Magnitude, rope.Rule, rope.Theta));
    }

    [Fact]
    public void LinearDividesAll() =>
        Assert.Equal([0.25f, 0.025f], RopeScaling.Linear(4, 100, 4).Frequencies);

    [Fact]
    public void YarnsMagnitudeIsStatedOrComputedInTheThreeKnownWays()
    {
        YarnParameters yarn = new() { Factor = 40, OriginalContext = 4096 };
        Assert.Equal(0.1 * Math.Log(40) + 1, yarn.Magnitude, 1e-12);
        Assert.Equal((0.1 * 0.707 * Math.Log(40) + 1) / (0.1 * 1.5 * Math.Log(40) + 1), (yarn with { Mscale = 0.707, MscaleAllDim = 1.5 }).Magnitude, 1e-12);
        Assert.Equal(yarn.Magnitude, (yarn with { Mscale = 0.707 }).Magnitude);
        Assert.Equal(1.25, (yarn with { AttentionFactor = 1.25, Mscale = 1, MscaleAllDim = 2 }).Magnitude);
        Assert.Equal(1, (yarn with { Factor = 1 }).Magnitude);
    }

    [Fact]
    public void YarnWithoutTruncationKeepsTheRampsFractions()
    {
        // dim(32) = 5.656 and dim(1) = 17.697.
        double[] ratios = Ratios(RopeScaling.Yarn(64, 1e4, new() { Factor = 4, OriginalContext = 1024, Truncate = false }), 1e4);
        Assert.Equal(1, ratios[5], 1e-6);
        double ramp = (6 - 5.656) / (17.697 - 5.656);
        Assert.Equal(ramp / 4 + 1 - ramp, ratios[6], 1e-4);
        Assert.Equal(0.25, ratios[18], 1e-6);
    }

    [Fact]
    public void YarnsRampOfNoLengthIsNoDivisionByZero()
    {
        RopeSpec rope = RopeScaling.Yarn(8, 1e4, new() { Factor = 4, OriginalContext = 2 });
        Assert.All(rope.Frequencies, f => Assert.True(float.IsFinite(f)));
        Assert.Equal([1f, 0.025f, 0.0025f, 0.00025f], rope.Frequencies);
    }

    private static double[] Ratios(RopeSpec rope, double theta) =>
        [.. rope.Frequencies.Select((f, i) => f / Math.Pow(theta, -2.0 * i / rope.Dimensions))];
}
