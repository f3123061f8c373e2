using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Weir.Engine.Checkpoints;
using Xunit;
using static Weir.Engine.Tests.Checkpoints.CheckpointFixtures;

namespace Weir.Engine.Tests.Checkpoints;

/// <summary>
/// Damaged files open or are refused by name: no other exception, no hang, and memory in proportion to the file. The
/// seeds are fixed, so a failure's case can be run again; its bytes are in the message's file.
/// </summary>
public sealed class FuzzTests
{
    // Two bytes of JSON ("0,") can be a number in a list that grows by doubling and is copied twice, 32 bytes; a name or an
    // entry makes objects of a few hundred bytes out of some fifty. The overhead is the exception, its message and trace,
    // and streams and mapping. What was really allocated is printed: 22 kB for headers, 100 kB for whole checkpoints.
    private const int BytesPerByte = 24;
    private const int Overhead = 48 * 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void TwentyThousandDamagedSafetensorsHeaders()
    {
        Random random = new(20_261_123);
        string path = Path.Combine(Temporary(), "x.safetensors");
        byte[][] seeds = [.. Headers()];
        Outcome outcome = new();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] seed = seeds[i % seeds.Length];
            byte[] file = random.Next(10) == 0 ? Mutations.Mutate(seed, random) : MutateHeader(seed, random);
            WriteNew(path, file);
            outcome.Run($"case {i}", file.Length, path, () =>
            {
                using SafetensorsFile opened = SafetensorsFile.Open(path);
                foreach (TensorView tensor in opened.Tensors)
                    Assert.True(tensor.ByteLength == 0 || tensor.Bytes[0] + tensor.Bytes[^1] >= 0);
            });
        }

        outcome.Report();
        // Both happen, or the mutations have no teeth.
        Assert.InRange(outcome.Accepted, 100, 19_000);
        Assert.True(outcome.Errors.Count >= 8, string.Join(", ", outcome.Errors.Keys));
    }

    [Fact]
    public void TwoThousandDamagedIndexes()
    {
        Random random = new(7);
        string model = Copy("llama3");
        string path = Path.Combine(model, "model.safetensors.index.json");
        byte[] seed = File.ReadAllBytes(path);
        int size = Directory.EnumerateFiles(model).Sum(HeaderOrAll);
        Outcome outcome = new();
        for (int i = 0; i < 2000; i++)
        {
            WriteNew(path, i % 2 == 0 ? Mutations.Mutate(seed, random) : ReplaceValue(seed, random));
            outcome.Run($"case {i}", size, path, () => Checkpoint.Open(model).Dispose());
        }

        outcome.Report();
        Assert.True(outcome.Errors.Count >= 4, string.Join(", ", outcome.Errors.Keys));
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("pythia")]
    [InlineData("opt-postnorm")]
    [InlineData("llama3")]
    [InlineData("qwen2")]
    [InlineData("gemma2")]
    public void AThousandDamagedConfigurations(string name)
    {
        Random random = new(11);
        string model = Copy(name);
        string path = Path.Combine(model, "config.json");
        byte[] five = File.ReadAllBytes(path), four = File.ReadAllBytes(Path.Combine(model, "config.hub.json"));
        int size = Directory.EnumerateFiles(model).Sum(HeaderOrAll);
        Outcome outcome = new();
        for (int i = 0; i < 1000; i++)
        {
            byte[] seed = i % 2 == 0 ? five : four;
            WriteNew(path, i % 3 == 0 ? Mutations.Mutate(seed, random) : ReplaceValue(seed, random));
            outcome.Run($"case {i}", size, path, () => Checkpoint.Open(model).Dispose());
        }

        outcome.Report();
        Assert.InRange(outcome.Accepted, 50, 900);
        Assert.True(outcome.Errors.Count >= 4, string.Join(", ", outcome.Errors.Keys));
    }

    [Theory]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[", "0,", "0],\"data_offsets\":[0,0]}}", null)]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[", "1,", "0],\"data_offsets\":[0,1]}}", CheckpointError.TensorInvalidInfo)]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[", "[", "", CheckpointError.InvalidHeaderDeserialization)]
    [InlineData("{", "\"#\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},", "\"z\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", null)]
    [InlineData("{\"__metadata__\":{", "\"#\":\"\",", "\"z\":\"\"}}", null)]
    [InlineData("{\"", "\\u0061", "\":0}", CheckpointError.InvalidHeaderDeserialization)]
    [InlineData("{", "                ", "}", null)]
    public void AHostileHeaderOfAMegabyteCostsNoMoreThanItsShare(string start, string repeated, string end, CheckpointError? error)
    {
        string path = Path.Combine(Temporary(), "x.safetensors");
        byte[] file = Safetensors(Amplified(start, repeated, end), 0);
        File.WriteAllBytes(path, file);
        Outcome outcome = new();
        outcome.Run(repeated, file.Length, path, () => SafetensorsFile.Open(path).Dispose());
        outcome.Report();
        Assert.Equal(error is { } e ? [e] : [], outcome.Errors.Keys);
    }

    [Theory]
    [InlineData("config.json", "{\"layer_types\":[", "\"full_attention\",", "\"\"],\"model_type\":\"gemma2\"}")]
    [InlineData("config.json", "{", "\"#\":0,", "\"model_type\":\"llama\"}")]
    [InlineData("config.json", "{\"eos_token_id\":[", "0,", "0],\"model_type\":\"llama\"}")]
    [InlineData("config.json", "{\"rope_parameters\":{", "\"#\":0,", "\"z\":0},\"model_type\":\"llama\"}")]
    [InlineData("config.json", "{\"a\":[", "[],", "0],\"model_type\":\"x\"}")]
    [InlineData("config.json", "", "[", "")]
    [InlineData("generation_config.json", "{\"eos_token_id\":[", "0,", "0]}")]
    [InlineData("model.safetensors.index.json", "{\"weight_map\":{", "\"#\":\"x\",", "\"z\":\"x\"}}")]
    [InlineData("model.safetensors.index.json", "{\"weight_map\":{", "\"#\":\"model-00001-of-00003.safetensors\",", "\"z\":\"x\"}}")]
    public void HostileJsonOfAMegabyteCostsNoMoreThanItsShare(string file, string start, string repeated, string end)
    {
        string model = Copy("llama3");
        string path = Path.Combine(model, file);
        File.WriteAllText(path, Amplified(start, repeated, end));
        Outcome outcome = new();
        outcome.Run(file, Directory.EnumerateFiles(model).Sum(HeaderOrAll), path, () => Checkpoint.Open(model).Dispose());
        outcome.Report();
    }

    // A megabyte of a piece; # stands for a number of its own.
    private static string Amplified(string start, string repeated, string end)
    {
        StringBuilder text = new(start);
        for (int i = 0; text.Length < 1 << 20; i++)
            text.Append(repeated.Replace("#", i.ToString("x", CultureInfo.InvariantCulture), StringComparison.Ordinal));
        return text.Append(end).ToString();
    }

    private static IEnumerable<byte[]> Headers()
    {
        yield return Safetensors("""{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}""", 24);
        yield return Safetensors(
            """{"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[],"data_offsets":[8,10]},"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"z":{"dtype":"U8","shape":[0,7],"data_offsets":[10,10]}}""", 10);
        yield return Safetensors("""  {"a":{"dtype":"F4","shape":[4],"data_offsets":[0,2]},"b":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[2,5]}}   """, 5);
        string path = Path.Combine(Temporary(), "x.safetensors");
        SafetensorsWriter writer = new() { Metadata = { ["k"] = "v" } };
        foreach (StoredType type in Enum.GetValues<StoredType>())
            writer.Add($"t.{type}", type, [2, 4], stream => stream.Write(new byte[type.Bits()]));
        writer.Save(path);
        yield return File.ReadAllBytes(path);
    }

    // Changes the header's text and keeps its length prefix right, so that the damage gets past the first checks.
    private static byte[] MutateHeader(byte[] file, Random random)
    {
        int length = (int)BitConverter.ToUInt64(file);
        byte[] header = Mutations.Mutate(file[8..(8 + length)], random);
        return [.. BitConverter.GetBytes((ulong)header.Length), .. header, .. file[(8 + length)..]];
    }

    private static byte[] ReplaceValue(byte[] seed, Random random)
    {
        JsonObject json = JsonNode.Parse(seed)!.AsObject();
        JsonObject target = json.Select(p => p.Value).OfType<JsonObject>().FirstOrDefault(_ => random.Next(3) == 0) ?? json;
        if (target.Count == 0)
            target = json;
        string key = target.ElementAt(random.Next(target.Count)).Key;
        const string Mark = "@@value@@";
        if (random.Next(8) == 0)
            target.Remove(key);
        else
            target[key] = Mark;
        return Encoding.UTF8.GetBytes(json.ToJsonString().Replace(
            $"\"{Mark}\"", Mutations.Values[random.Next(Mutations.Values.Count)], StringComparison.Ordinal));
    }

    // Some file systems write a file to the disk that was cut to nothing and filled again, which takes milliseconds.
    private static void WriteNew(string path, byte[] bytes)
    {
        File.Delete(path);
        File.WriteAllBytes(path, bytes);
    }

    private static int HeaderOrAll(string path)
    {
        using FileStream stream = File.OpenRead(path);
        if (!path.EndsWith(".safetensors", StringComparison.Ordinal))
            return (int)stream.Length;
        Span<byte> prefix = stackalloc byte[8];
        stream.ReadExactly(prefix);
        return (int)BitConverter.ToUInt64(prefix);
    }

    private sealed class Outcome
    {
        private long _worst;

        public int Accepted { get; private set; }

        public SortedDictionary<CheckpointError, int> Errors { get; } = [];

        public void Run(string name, int size, string path, Action open)
        {
            long started = Stopwatch.GetTimestamp();
            long bound = Overhead + ((long)BytesPerByte * size);
            (long allocated, CheckpointError? error) = Measure(name, path, open);
            if (allocated > bound)
            {
                // The JSON parser borrows from the process's pool, which a collection may just have emptied. What a pool
                // buys anew is not the file's doing, so the case runs once more with the pool as it left it.
                (allocated, error) = Measure(name, path, open);
            }

            if (error is { } e)
                Errors[e] = Errors.GetValueOrDefault(e) + 1;
            else
                Accepted++;
            _worst = Math.Max(_worst, allocated);
            Assert.True(allocated <= bound, $"{name}: {allocated} bytes for {size}");
            Assert.True(Stopwatch.GetElapsedTime(started) < s_patience, $"{name} took {Stopwatch.GetElapsedTime(started)}");
        }

        private static (long Allocated, CheckpointError? Error) Measure(string name, string path, Action open)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                open();
                return (GC.GetAllocatedBytesForCurrentThread() - before, null);
            }
            catch (CheckpointException e)
            {
                long after = GC.GetAllocatedBytesForCurrentThread();
                Assert.DoesNotContain('\n', e.Message);
                return (after - before, e.Error);
            }
            catch (Exception e)
            {
                string kept = Path.Combine(Path.GetTempPath(), $"weir-fuzz-{Guid.NewGuid():N}");
                File.Copy(path, kept);
                throw new InvalidOperationException($"{name} ({kept}): {e.GetType().Name}", e);
            }
        }

        public void Report() => TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Accepted} accepted; {string.Join(", ", Errors.Select(e => $"{e.Value} {e.Key}"))}; at most {_worst} bytes allocated"));
    }
}
