using Weir.Analysis.Neurons;
using Weir.Engine;
using Weir.Engine.Lens;
using Weir.Engine.Weights;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Analysis.Tests.Neurons;

/// <summary>Maps and searches against products in f64.</summary>
public sealed class NeuronMapTests
{
    /// <summary>Acceptance test 2: top-k and log-sum-exp of many vectors against brute force, with ties and vocabularies no tile divides.</summary>
    [Theory]
    [InlineData(128256)]
    [InlineData(50257)]
    [InlineData(50304)]
    [InlineData(50272)]
    [InlineData(32000)]
    public void FusedProductEqualsBruteForce(int vocabulary)
    {
        const int Width = 8, Rows = 5, K = 8;
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        var random = new Random(3);
        float[] Draw(int n) => [.. Enumerable.Range(0, n).Select(_ => (float)((2 * random.NextDouble()) - 1))];
        float[] tokens = Draw(vocabulary * Width), vectors = Draw(Rows * Width);

        // The last token again in two other places: three equal logits, one of them on the last, ragged tile, and the largest
        // of the second vector. All logits of the first vector are below 0, where a masked column with its 0 would come first.
        tokens.AsSpan((vocabulary - 1) * Width).Fill(1);
        tokens.AsSpan((vocabulary - 1) * Width).CopyTo(tokens.AsSpan(11 * Width));
        tokens.AsSpan((vocabulary - 1) * Width).CopyTo(tokens.AsSpan(1000 * Width));
        vectors.AsSpan(Width, Width).Fill(1);
        vectors[Width] = 0;
        for (int v = 0; v < vocabulary; v++)
        {
            tokens[v * Width] = -3 + (tokens[v * Width] / 2);
        }

        vectors.AsSpan(0, Width).Clear();
        vectors[0] = 1;
        using var memory = new Arena(device);
        using WeightMatrix matrix = Load(device, tokens, vocabulary, Width);
        var arguments = new LensArguments
        {
            States = memory.Upload<float>(vectors, new Shape(Rows, Width)),
            Unembedding = matrix,
            Temperature = 1,
            LogSumExp = memory.Allocate(new Shape(Rows)),
            TopIds = memory.Allocate(new Shape(Rows, K), ElementType.I32),
        };
        device.Ops.Lens(arguments);
        for (int row = 0; row < Rows; row++)
        {
            double[] products = [.. Enumerable.Range(0, vocabulary).Select(v => PlantedModel.Dot(tokens.AsSpan(v * Width, Width), vectors.AsSpan(row * Width, Width)))];
            Assert.Equal(Math.Log(products.Sum(Math.Exp)), arguments.LogSumExp.Span[row], 1e-5);
            int[] expected = [.. Enumerable.Range(0, vocabulary).OrderByDescending(v => products[v]).ThenBy(v => v).Take(K)];
            int[] found = arguments.TopIds.Ints.Slice(row * K, K).ToArray();
            Assert.Equal(expected.Select(v => products[v]), found.Select(v => products[v]), (a, b) => Math.Abs(a - b) < 1e-5);
            for (int k = 1; k < K; k++)
            {
                Assert.True(products[found[k - 1]] != products[found[k]] || found[k - 1] < found[k], "equal logits stand in the order of their ids");
            }
        }

        Assert.Equal([11, 1000, vocabulary - 1], arguments.TopIds.Ints.Slice(K, 3).ToArray());
    }

    /// <summary>Acceptance test 3: the planted neuron is found by its token, and its token by the map, in every variant.</summary>
    [Theory]
    [OnDevices(NeuronNorm.None, false)]
    [OnDevices(NeuronNorm.Full, true)]
    public void ThePlantedNeuronIsFound(NeuronNorm norm, bool gain, string device)
    {
        using IDevice opened = TestDevices.Open(device);
        using var planted = new PlantedModel(opened);
        planted.Plant();
        (int layer, int index, int token) = planted.Planted;
        var reading = new NeuronReading { Norm = norm, InputGain = gain };
        NeuronMapResult map = NeuronMap.Run(planted.Model, reading, topK: 4);
        Assert.Equal(token, map.TopIds[((layer * PlantedModel.Neurons) + index) * 4]);
        foreach (NeuronRank rank in Enum.GetValues<NeuronRank>())
        {
            NeuronHit best = NeuronSearch.Run(planted.Model, reading, [token, 5], rank, best: 2, nullCount: 64)[0].Best[0];
            Assert.Equal((layer, index, 0), (best.Layer, best.Index, best.TokenRank));
            Assert.Equal(token, best.TopIds[0]);
            Assert.Equal(1, best.Cosine, 1e-5);
            Assert.Equal(1, best.NullShare);
        }
    }

    /// <summary>All variants of a reading: probabilities, products and cosines in f64, order and ties.</summary>
    [Fact]
    public void EveryVariantEqualsBruteForce()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        var random = new Random(5);
        using var planted = new PlantedModel(device, change: (name, values) =>
        {
            if (name.Contains("norm", StringComparison.Ordinal))
            {
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = (float)(0.5 + random.NextDouble());
                }
            }
            else if (name == "lm_head.weight")
            {
                values.AsSpan(40 * PlantedModel.Width, PlantedModel.Width).CopyTo(values.AsSpan(200 * PlantedModel.Width));
            }
        });
        Model model = planted.Model;
        float[] tokens = PlantedModel.Tokens(model);
        foreach (MlpMatrix matrix in Enum.GetValues<MlpMatrix>())
        {
            foreach (NeuronNorm norm in Enum.GetValues<NeuronNorm>())
            {
                foreach (bool gain in matrix == MlpMatrix.Down ? [false] : new[] { false, true })
                {
                    var reading = new NeuronReading { Matrix = matrix, Norm = norm, InputGain = gain };
                    NeuronMapResult map = NeuronMap.Run(model, reading, topK: 5);
                    for (int layer = 0; layer < PlantedModel.Layers; layer++)
                    {
                        float[] all = PlantedModel.Vectors(model, matrix, layer);
                        foreach (int i in (int[])[0, 60, PlantedModel.Neurons - 1])
                        {
                            float[] w = all[(i * PlantedModel.Width)..((i + 1) * PlantedModel.Width)];
                            Check(model, map, (layer * PlantedModel.Neurons) + i, gain ? Times(w, model.Vectors.MlpNorm(layer)!.Gain) : w, tokens);
                        }
                    }
                }
            }
        }
    }

    /// <summary>Two tokens of one row are equal in every vector: the lower id stands first.</summary>
    [Fact]
    public void EqualProductsStandInTheOrderOfTheirIds()
    {
        const int Lower = 40, Higher = 200, K = 60;
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device, change: (name, values) =>
        {
            if (name == "lm_head.weight")
            {
                values.AsSpan(Lower * PlantedModel.Width, PlantedModel.Width).CopyTo(values.AsSpan(Higher * PlantedModel.Width));
            }
        });
        NeuronMapResult map = NeuronMap.Run(planted.Model, new NeuronReading(), topK: K);
        int seen = 0;
        for (int n = 0; n < map.Count; n++)
        {
            int lower = Array.IndexOf(map.TopIds, Lower, n * K, K), higher = Array.IndexOf(map.TopIds, Higher, n * K, K);
            Assert.True(higher < 0 || higher == lower + 1);
            seen += higher < 0 ? 0 : 1;
        }

        Assert.True(seen > 10);
    }

    /// <summary>Trap 3: among short vectors every probability is close to 1 / V, and the neuron is found and stands out all the same.</summary>
    [Fact]
    public void AFlatSoftmaxHidesNoNeuron()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device, change: (name, values) =>
        {
            for (int i = 0; i < values.Length && name.Contains("up_proj", StringComparison.Ordinal); i++)
            {
                values[i] *= 0.01f;
            }
        });
        planted.Plant();
        (int layer, int index, int token) = planted.Planted;
        var vector = new MlpVector(layer, MlpMatrix.Up, index);
        planted.Model.Vectors.Replace(vector, [.. planted.Model.Vectors[vector].Values().Select(x => 0.02f * x)]);
        NeuronHit best = NeuronSearch.Run(planted.Model, new NeuronReading(), [token], best: 1, nullCount: 500)[0].Best[0];
        Assert.Equal((layer, index, 0), (best.Layer, best.Index, best.TokenRank));
        Assert.InRange(best.Probability * PlantedModel.Vocabulary, 1, 1.03);
        Assert.Equal(1, best.NullShare);
    }

    /// <summary>The null of section 3.1: what random neurons give is what the null gives, whatever their lengths.</summary>
    [Theory]
    [InlineData(NeuronNorm.None)]
    [InlineData(NeuronNorm.Scale)]
    public void RandomNeuronsStandOutFromTheNullAsOftenAsItSays(NeuronNorm norm)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device, change: (name, values) =>
        {
            for (int i = 0; i < values.Length && name.Contains("up_proj", StringComparison.Ordinal); i++)
            {
                values[i] *= 4 + (i / PlantedModel.Width % 7);
            }
        });
        var reading = new NeuronReading { Norm = norm };
        NeuronMapResult map = NeuronMap.Run(planted.Model, reading, topK: 1);
        var random = NeuronNull.Run(planted.Model, reading, map.Norms, count: 2000, seed: 5);
        Assert.Equal(random.TopProbabilities.Order(), random.TopProbabilities);
        Assert.Equal(random.TopProbabilities, NeuronNull.Run(planted.Model, reading, map.Norms, count: 2000, seed: 5).TopProbabilities);

        // 256 neurons: two standard deviations are 2.7 % around 5 % and 6.2 % around 50 %.
        double Above(double share) => Enumerable.Range(0, map.Count).Count(n => map.Probability(n, 0, norm) > NeuronNull.Percentile(random.TopProbabilities, share)) / (double)map.Count;
        Assert.InRange(Above(0.95), 0.01, 0.09);
        Assert.InRange(Above(0.5), 0.4, 0.6);

        // Vectors of other lengths are another null where the length counts.
        double[] half = NeuronNull.Run(planted.Model, reading, [.. map.Norms.Select(x => x / 2)], count: 2000, seed: 5).TopProbabilities;
        Assert.Equal(norm == NeuronNorm.Scale, Math.Abs(half[1000] - random.TopProbabilities[1000]) < 1e-6);
    }

    [Fact]
    public void SharesAndPercentilesCountFromBelow()
    {
        double[] ascending = [1, 2, 2, 3];
        Assert.Equal([0, 0.25, 0.75, 1], ((double[])[1, 2, 2.5, 4]).Select(x => NeuronNull.ShareBelow(ascending, x)));
        Assert.Equal([1.0, 2, 3], ((double[])[0.25, 0.75, 0.99]).Select(x => NeuronNull.Percentile(ascending, x)));
        Assert.Equal(double.NaN, NeuronNull.ShareBelow([], 1));
    }

    /// <summary>Trap 6: the embedding's rows in the place of the unembedding's.</summary>
    [Fact]
    public void TheEmbeddingIsABasisOfItsOwn()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        float[] tokens = PlantedModel.Tokens(planted.Model, LensBasis.Embedding);
        NeuronMapResult map = NeuronMap.Run(planted.Model, new NeuronReading { Basis = LensBasis.Embedding }, topK: 5);
        foreach (int neuron in (int[])[0, 60, 200])
        {
            float[] all = PlantedModel.Vectors(planted.Model, MlpMatrix.Up, neuron / PlantedModel.Neurons);
            Check(planted.Model, map, neuron, all[(neuron % PlantedModel.Neurons * PlantedModel.Width)..((neuron % PlantedModel.Neurons * PlantedModel.Width) + PlantedModel.Width)], tokens);
        }

        Assert.True(Differing(map, NeuronMap.Run(planted.Model, new NeuronReading(), topK: 5)) > map.Count * 9 / 10);
    }

    /// <summary>Trap 5: tokens that are left out of the lists; probabilities stay those of the whole vocabulary.</summary>
    [Fact]
    public void ExcludedTokensLeaveTheListsAndNothingElse()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        NeuronMapResult all = NeuronMap.Run(planted.Model, new NeuronReading(), topK: 8);
        int[] excluded = [.. all.TopIds.Chunk(8).Take(3).SelectMany(t => t.Take(2))];
        NeuronMapResult some = NeuronMap.Run(planted.Model, new NeuronReading(), topK: 4, excluded.ToHashSet());
        Assert.Equal(all.LogSumExp[0], some.LogSumExp[0]);
        for (int n = 0; n < all.Count; n++)
        {
            int[] left = [.. all.TopIds[(n * 8)..((n + 1) * 8)].Except(excluded)];
            Assert.Equal(left.Take(4), some.TopIds[(n * 4)..((n * 4) + Math.Min(4, left.Length))]);
        }
    }

    /// <summary>Acceptance test 10: a longer row keeps its token, and under scale its probabilities.</summary>
    [Fact]
    public void LengthChangesNoTokenAndUnderScaleNoProbability()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        Model model = planted.Model;
        NeuronMapResult before = NeuronMap.Run(model, new NeuronReading(), topK: 3);
        foreach (float factor in (float[])[4, 0.25f])
        {
            foreach (int i in (int[])[3, 90])
            {
                var vector = new MlpVector(1, MlpMatrix.Up, i);
                StoredVector old = model.Vectors.Replace(vector, [.. model.Vectors[vector].Values().Select(v => factor * v)]);
                NeuronMapResult after = NeuronMap.Run(model, new NeuronReading(), topK: 3);
                model.Vectors.Restore(old);
                int at = PlantedModel.Neurons + i;
                Assert.Equal(before.TopIds[(at * 3)..((at + 1) * 3)], after.TopIds[(at * 3)..((at + 1) * 3)]);
                Assert.Equal(before.Probability(at, 0, NeuronNorm.Scale), after.Probability(at, 0, NeuronNorm.Scale), 1e-12);
                Assert.NotEqual(before.Probability(at, 0, NeuronNorm.None), after.Probability(at, 0, NeuronNorm.None), 1e-6);
            }
        }
    }

    /// <summary>Acceptance test 11: a token's neurons by probability, product and cosine, all tokens and chosen ones.</summary>
    [Theory]
    [InlineData(NeuronNorm.None)]
    [InlineData(NeuronNorm.Scale)]
    [InlineData(NeuronNorm.Full)]
    public void ColumnsAreRankedAsByBruteForce(NeuronNorm norm)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device, change: (name, values) =>
        {
            // Rows of very different lengths, without which the three orders are nearly one.
            for (int i = 0; i < values.Length && name.Contains("up_proj", StringComparison.Ordinal); i++)
            {
                values[i] *= 1 + (i / PlantedModel.Width % 17);
            }
        });
        var reading = new NeuronReading { Norm = norm };
        NeuronMapResult map = NeuronMap.Run(planted.Model, reading, topK: 1);
        int[] tokens = [0, 100, PlantedModel.Vocabulary - 1];
        IReadOnlyList<NeuronSearchResult> found = NeuronSearch.Run(planted.Model, reading, tokens, nullCount: 8);
        float[] unembedding = PlantedModel.Tokens(planted.Model);
        float[] vectors = [.. Enumerable.Range(0, PlantedModel.Layers).SelectMany(l => PlantedModel.Vectors(planted.Model, MlpMatrix.Up, l))];
        var orders = new List<int[]>();
        foreach (NeuronRank rank in Enum.GetValues<NeuronRank>())
        {
            TokenNeuronsResult all = TokenNeurons.Run(planted.Model, map, rank, topK: 6);
            for (int t = 0; t < tokens.Length; t++)
            {
                double[] values = [.. Enumerable.Range(0, map.Count).Select(i => Value(planted.Model, rank, norm, vectors.AsSpan(i * PlantedModel.Width, PlantedModel.Width), unembedding, tokens[t]))];
                int[] expected = [.. Enumerable.Range(0, map.Count).OrderByDescending(i => values[i]).Take(6)];
                orders.Add(expected);
                Assert.Equal(expected, all.Neurons[(tokens[t] * 6)..((tokens[t] * 6) + 6)]);
                Assert.Equal(expected, found[t].Order(rank).Take(6));
                Assert.Equal(values[expected[0]], all.Values[tokens[t] * 6], 1e-4);
            }
        }

        Assert.NotEqual(orders[0], orders[3]); // p and s
        Assert.NotEqual(orders[3], orders[6]); // s and cosine
    }

    /// <summary>Trap 1: scale and the full final norm disagree where a gain is large.</summary>
    [Fact]
    public void TheFinalGainChangesTheToken()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device, change: (name, values) =>
        {
            if (name == "model.norm.weight")
            {
                values[0] = 30;
            }
        });
        int differ = Differing(
            NeuronMap.Run(planted.Model, new NeuronReading { Norm = NeuronNorm.Scale }, 1), NeuronMap.Run(planted.Model, new NeuronReading { Norm = NeuronNorm.Full }, 1));
        Assert.True(differ > 100, $"only {differ} neurons changed their token");
        Assert.Equal(0, Differing(NeuronMap.Run(planted.Model, new NeuronReading { Norm = NeuronNorm.Scale }, 1), NeuronMap.Run(planted.Model, new NeuronReading(), 1)));
    }

    /// <summary>Trap 4: a long token row takes the first place by product, not by cosine.</summary>
    [Fact]
    public void ALongTokenRowDoesNotWinByCosine()
    {
        const int Long = 33;
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device, change: (name, values) =>
        {
            for (int i = Long * PlantedModel.Width; i < (Long + 1) * PlantedModel.Width && name == "lm_head.weight"; i++)
            {
                values[i] *= 10;
            }
        });
        NeuronMapResult map = NeuronMap.Run(planted.Model, new NeuronReading(), topK: 8);
        int[] first = [.. Enumerable.Range(0, map.Count).Select(n => map.TopIds[n * 8])];
        int[] byCosine = [.. Enumerable.Range(0, map.Count).Select(n => map.TopIds[(n * 8) + Enumerable.Range(0, 8).MaxBy(k => map.Top.Cosines[(n * 8) + k])])];
        Assert.True(first.Count(t => t == Long) > map.Count / 4, "a row ten times as long is first wherever its product is positive");
        Assert.True(byCosine.Count(t => t == Long) < map.Count / 10, "by cosine it is one of many");
    }

    /// <summary>Trap 8: products of 16-bit weights do not decide near ties; a map on CUDA is the CPU's.</summary>
    [Fact]
    public void TheMapOfSixteenBitWeightsIsTheSameOnCuda()
    {
        using IDevice cpu = TestDevices.Open(TestDevices.Cpu), cuda = TestDevices.Open(TestDevices.Stored[0]);
        using var one = new PlantedModel(cpu, type: Engine.Checkpoints.StoredType.BF16);
        using var other = new PlantedModel(cuda, type: Engine.Checkpoints.StoredType.BF16);

        // Behind a norm a vector is not exact in 16 bits any more, as it is when read as stored.
        var reading = new NeuronReading { Norm = NeuronNorm.Full };
        NeuronMapResult a = NeuronMap.Run(one.Model, reading, topK: 12), b = NeuronMap.Run(other.Model, reading, topK: 12);
        Assert.Equal(a.TopIds, b.TopIds);
        Assert.Equal(a.Top.Plain, b.Top.Plain);
    }

    private static int Differing(NeuronMapResult a, NeuronMapResult b) => Enumerable.Range(0, a.Count).Count(n => a.TopIds[n * a.TopK] != b.TopIds[n * b.TopK]);

    private static float[] Times(float[] a, float[] b) => [.. a.Zip(b, (x, y) => x * y)];

    private static float[] State(Model model, NeuronNorm norm, ReadOnlySpan<float> w)
    {
        double factor = norm == NeuronNorm.None ? 1 : Math.Sqrt(w.Length / PlantedModel.Dot(w, w));
        float[] state = [.. w.ToArray().Select(x => (float)(factor * x))];
        return norm == NeuronNorm.Full ? Times(state, model.Vectors.FinalNorm!.Gain) : state;
    }

    private static double Value(Model model, NeuronRank rank, NeuronNorm norm, ReadOnlySpan<float> w, float[] tokens, int token)
    {
        float[] state = State(model, norm, w);
        double s = PlantedModel.Dot(w, tokens.AsSpan(token * w.Length, w.Length));
        return rank switch
        {
            NeuronRank.Product => s,
            NeuronRank.Cosine => s / Math.Sqrt(PlantedModel.Dot(w, w)),
            _ => Logits(state, tokens)[token] - Math.Log(Logits(state, tokens).Sum(Math.Exp)),
        };
    }

    private static double[] Logits(float[] state, float[] tokens) =>
        [.. Enumerable.Range(0, tokens.Length / state.Length).Select(v => PlantedModel.Dot(tokens.AsSpan(v * state.Length, state.Length), state))];

    private static void Check(Model model, NeuronMapResult map, int neuron, float[] w, float[] tokens)
    {
        double length = Math.Sqrt(PlantedModel.Dot(w, w));
        Assert.Equal(length, map.Norms[neuron], 1e-5);
        double[] plain = Logits(w, tokens), logits = Logits(State(model, map.Reading.Norm, w), tokens);
        int[] expected = [.. Enumerable.Range(0, logits.Length).OrderByDescending(v => (float)logits[v]).ThenBy(v => v).Take(map.TopK)];
        for (int k = 0; k < map.TopK; k++)
        {
            int at = (neuron * map.TopK) + k, id = map.TopIds[at];
            Assert.Equal(expected[k], id);
            Assert.Equal(plain[id], map.Top.Plain[at], 1e-5);
            Assert.Equal(plain[id] / length / Math.Sqrt(PlantedModel.Dot(tokens.AsSpan(id * w.Length, w.Length), tokens.AsSpan(id * w.Length, w.Length))), map.Top.Cosines[at], 1e-5);
            foreach (NeuronNorm norm in Enum.GetValues<NeuronNorm>().Take(map.LogSumExp.Length))
            {
                double[] z = Logits(State(model, norm, w), tokens);
                Assert.Equal(Math.Exp(z[id]) / z.Sum(Math.Exp), map.Probability(neuron, k, norm), 1e-5);
            }
        }
    }

    internal static unsafe WeightMatrix Load(IDevice device, float[] values, int outputs, int inputs)
    {
        fixed (float* p = values)
        {
            return device.Load(new MatrixSource(inputs, outputs, ElementType.F32, [new MatrixPart((nint)p, outputs, inputs, 1)]));
        }
    }
}
