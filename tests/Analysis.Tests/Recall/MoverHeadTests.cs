using Weir.Analysis.Recall;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Recall;

/// <summary>
/// Acceptance test 8: head L2H1 looks at the topic by a different probability in each prompt, else at tokens whose value is 0,
/// and writes the topic; other heads write a fiftieth.
/// </summary>
public sealed class MoverHeadTests
{
    private const int Layer = 2, Head = 1, Topic = 120, Answer = 77, Begin = 0;

    [Fact]
    public void T8_APlantedMoverHasTheHighestScoreAndFollowsItsAttention()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        Recover(device, 20);
    }

    [Fact]
    public void T8_APlantedMoverIsFoundOnCuda()
    {
        using IDevice device = TestDevices.Open(TestDevices.F32);
        Recover(device, 6);
    }

    [Fact]
    public void T8_ABatchOfDifferentLengthsIsItsSinglePrompts()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Plant(device);
        FactPrompt[] prompts = Prompts(250);
        Assert.True(prompts.Sum(p => p.Tokens.Count) > 1024, "one pass takes them all");
        using var states = new EndStates(model, [.. prompts.Select(p => p.Tokens)]);
        MoverHead all = MoverHeads.Run(model, prompts, states, new Unembedding(model), [(Layer, Head)])[0];
        for (int i = 0; i < prompts.Length; i += 21)
        {
            using var own = new EndStates(model, [prompts[i].Tokens]);
            MoverHead one = MoverHeads.Run(model, [prompts[i]], own, new Unembedding(model), [(Layer, Head)])[0];
            Assert.Equal(one.Attention[0], all.Attention[i]);
            Assert.Equal(one.Write[0], all.Write[i]);
        }
    }

    private static void Recover(IDevice device, int count)
    {
        using Model model = Plant(device);
        FactPrompt[] prompts = Prompts(count);
        using EndStates clean = new(model, [.. prompts.Select(p => p.Tokens)]);

        // Corrupted: another token in the topic's place.
        using EndStates corrupted = new(model, [.. prompts.Select(p => p.Tokens.Select(t => t == Topic ? Answer : t).ToArray())]);
        LogitDirections pi = new Unembedding(model).Centred([.. prompts.Select(_ => Topic)]);
        PathPatchingResult result = PathPatching.Run(model, clean, corrupted, pi);
        (int layer, int head, double score) = result.Kept(1)[0];
        Assert.Equal((Layer, Head), (layer, head));
        Assert.True(score < 0);
        MoverHead mover = MoverHeads.Run(model, prompts, clean, new Unembedding(model), [(Layer, Head)])[0];
        Assert.True(mover.Correlation.Mean > 0.99, $"r is {mover.Correlation.Mean}");
        Assert.True(mover.Attention.Max() - mover.Attention.Min() > 0.2, "the planted attention does not vary");
    }

    // Coordinate 0 of the residual says that a token is the topic, coordinate 2 how much the last token looks for it.
    private static Model Plant(IDevice device) => RandomModel.Make("rms-mover", device, (name, values) =>
    {
        const int Width = RandomModel.Width, Size = RandomModel.Size;
        if (name == "embedding")
        {
            for (int v = 0; v < RandomModel.Vocabulary; v++)
            {
                values[v * Width] = 0;
                values[(v * Width) + 2] = 0;
            }

            Array.Clear(values, Topic * Width, Width);
            values[Topic * Width] = 8;
            for (int v = 200; v < RandomModel.Vocabulary; v++)
            {
                values[(v * Width) + 2] = 0.1f * (v - 200);
            }
        }
        else if (name.StartsWith('2') && name.EndsWith("qkv", StringComparison.Ordinal))
        {
            // Rows: queries of 4 heads, keys of 2, values of 2; head 1 shares key head 0 with head 0.
            for (int row = 0; row < Size; row++)
            {
                Array.Clear(values, ((Head * Size) + row) * Width, Width);
                Array.Clear(values, ((RandomModel.Heads * Size) + row) * Width, Width);
                Array.Clear(values, (((RandomModel.Heads + 2) * Size) + row) * Width, Width);
            }

            // The slowest rotation turns next to nothing over a few positions.
            const int Still = (Size / 2) - 1;
            values[(((Head * Size) + Still) * Width) + 2] = 0.15f;
            values[((RandomModel.Heads * Size) + Still) * Width] = 2;
            values[(RandomModel.Heads + 2) * Size * Width] = 4;
        }
        else if (name.EndsWith(".o", StringComparison.Ordinal) || name.EndsWith(".down", StringComparison.Ordinal))
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] *= 0.02f;
            }

            if (name == "2.o")
            {
                for (int i = 0; i < Width; i++)
                {
                    values[(i * Width) + (Head * Size)] = 0.5f * UnembeddingRow(i);
                }
            }
        }
        else if (name == "head")
        {
            for (int i = 0; i < Width; i++)
            {
                values[(Topic * Width) + i] = UnembeddingRow(i);
            }
        }
    });

    private static float UnembeddingRow(int i) => i % 3 == 0 ? 0.7f : -0.4f;

    private static FactPrompt[] Prompts(int count) => [.. Enumerable.Range(0, count).Select(i =>
    {
        // The last token says how much the head looks.
        int[] tokens = [Begin, .. Enumerable.Range(5, i % 3), Topic, 9, 205 + (i * 50 / count)];
        return new FactPrompt($"prompt {i}", tokens, 0, i, tokens.Length - 3, Topic, Answer);
    })];
}
