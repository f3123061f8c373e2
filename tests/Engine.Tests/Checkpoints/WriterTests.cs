using System.IO.Compression;
using System.Text;
using Weir.Engine.Checkpoints;
using Xunit;
using static Weir.Engine.Tests.Checkpoints.CheckpointFixtures;

namespace Weir.Engine.Tests.Checkpoints;

/// <summary>What is written is read back bit for bit, and an interrupted write changes nothing.</summary>
public sealed class WriterTests
{
    [Fact]
    public void EveryTypeRoundTrips()
    {
        Random random = new(20_261_123);
        SafetensorsWriter writer = new() { Metadata = { ["format"] = "pt", ["note"] = "ünï \"quoted\"" } };
        Dictionary<string, (StoredType Type, long[] Shape, byte[] Bytes)> expected = [];
        foreach (StoredType type in Enum.GetValues<StoredType>())
        {
            foreach (long[] shape in new long[][] { [8], [2, 0, 3], [3, 1, 8], type.Bits() % 8 == 0 ? [] : [4] })
            {
                byte[] bytes = new byte[shape.Aggregate(1L, (a, b) => a * b) * type.Bits() / 8];
                random.NextBytes(bytes);
                string name = $"{type}.{shape.Length}.{string.Join('x', shape)}";
                expected.Add(name, (type, shape, bytes));
                writer.Add(name, type, shape, stream => stream.Write(bytes));
            }
        }

        string path = Path.Combine(Temporary(), "all.safetensors");
        writer.Save(path);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal("ünï \"quoted\"", file.Metadata["note"]);
        Assert.Equal(expected.Count, file.Tensors.Count);
        foreach ((string name, (StoredType type, long[] shape, byte[] bytes)) in expected)
        {
            Assert.Equal(type, file[name].Type);
            Assert.Equal(shape, file[name].Shape.ToArray());
            Assert.Equal(bytes, file[name].Bytes.ToArray());
            if (type.Bits() >= 8)
                Assert.Equal(0, file[name].Pointer % (type.Bits() / 8));
        }
    }

    [Fact]
    public void RandomFilesRoundTripWithAnyWhitespaceAroundTheHeader()
    {
        Random random = new(5);
        string path = Path.Combine(Temporary(), "random.safetensors");
        for (int round = 0; round < 30; round++)
        {
            SafetensorsWriter writer = new();
            Dictionary<string, (StoredType Type, long[] Shape, byte[] Bytes)> expected = new(StringComparer.Ordinal);
            for (int n = random.Next(60); n > 0; n--)
            {
                StoredType type = (StoredType)random.Next(22);
                long[] shape = [.. Enumerable.Range(0, random.Next(4)).Select(_ => (long)random.Next(5))];
                long bits = shape.Aggregate((long)type.Bits(), (a, b) => a * b);
                if (bits % 8 != 0)
                    continue;
                byte[] bytes = new byte[bits / 8];
                random.NextBytes(bytes);
                string name = string.Concat(Enumerable.Range(0, random.Next(1, 19)).Select(_ => "aé\"\\/\n\u0001😀."[random.Next(7)]));
                if (expected.TryAdd(name, (type, shape, bytes)))
                    writer.Add(name, type, shape, stream => stream.Write(bytes));
            }

            writer.Save(path);
            byte[] file = File.ReadAllBytes(path);
            int length = (int)BitConverter.ToUInt64(file);
            byte[] before = Whitespace(), after = Whitespace();
            File.WriteAllBytes(path, [
                .. BitConverter.GetBytes((ulong)(before.Length + length + after.Length)), .. before, .. file[8..(8 + length)], .. after,
                .. file[(8 + length)..],
            ]);
            using SafetensorsFile read = SafetensorsFile.Open(path);
            Assert.Equal(expected.Count, read.Tensors.Count);
            foreach ((string name, (StoredType type, long[] shape, byte[] bytes)) in expected)
            {
                Assert.Equal(type, read[name].Type);
                Assert.Equal(shape, read[name].Shape.ToArray());
                Assert.Equal(bytes, read[name].Bytes.ToArray());
            }
        }

        byte[] Whitespace() => [.. Enumerable.Range(0, random.Next(9)).Select(_ => " \t\r\n"u8[random.Next(4)])];
    }

    [Fact]
    public void ValuesRoundTrip()
    {
        float nan = BitConverter.UInt32BitsToSingle(0x7FC0_1234);
        float[] values = [0, -0f, 1, -2.5f, 65504, float.PositiveInfinity, nan, float.Epsilon, 3.14159274f];
        SafetensorsWriter writer = new();
        writer.Add("f32", [3, 3], values);
        writer.Add("f16", [9], values, StoredType.F16);
        writer.Add("bf16", [9], values, StoredType.BF16);
        writer.Add("i32", [2], new[] { int.MinValue, 7 });
        writer.Add("i64", [], new[] { long.MinValue });
        string path = Path.Combine(Temporary(), "values.safetensors");
        writer.Save(path);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(values.Select(BitConverter.SingleToUInt32Bits), file["f32"].ToFloat32().Select(BitConverter.SingleToUInt32Bits));
        Assert.Equal(values.Select(v => (float)(Half)v), file["f16"].ToFloat32());
        Assert.Equal([0f, -0f, 1, -2.5f, 65536, float.PositiveInfinity, float.NaN, 0, 3.140625f], file["bf16"].ToFloat32());
        Assert.Equal([int.MinValue, 7L], file["i32"].ToInt64());
        Assert.Equal([long.MinValue], file["i64"].ToInt64());
    }

    [Theory]
    [InlineData(0x3F80_8000u, 0x3F80)] // a tie goes to the even neighbour below
    [InlineData(0x3F81_8000u, 0x3F82)] // or above
    [InlineData(0x3F80_8001u, 0x3F81)]
    [InlineData(0x7F7F_FFFFu, 0x7F80)] // the largest F32 is nearer to infinity
    [InlineData(0x7F80_0001u, 0x7FC0)] // a signalling NaN stays a NaN
    [InlineData(0xFFFF_FFFFu, 0xFFFF)]
    public void BFloat16RoundsToNearestEven(uint value, int expected)
    {
        SafetensorsWriter writer = new();
        writer.Add("a", [1], new[] { BitConverter.UInt32BitsToSingle(value) }, StoredType.BF16);
        string path = Path.Combine(Temporary(), "a.safetensors");
        writer.Save(path);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(expected, BitConverter.ToUInt16(file["a"].Bytes));
    }

    [Fact]
    public void WrongCountsNamesAndTypesAreRefused()
    {
        SafetensorsWriter writer = new();
        writer.Add("a", [1], new float[1]);
        Assert.Throws<ArgumentException>(() => writer.Add("a", [1], new float[1]));
        Assert.Throws<ArgumentException>(() => writer.Add("b", [2], new float[1]));
        Assert.Throws<ArgumentException>(() => writer.Add("b", [1], new float[1], StoredType.I8));
        Assert.Throws<ArgumentException>(() => writer.Add("b", StoredType.F4, [3], _ => { }));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Add("__metadata__", [1], new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Add("b", StoredType.F32, [-1], _ => { }));
        Assert.Throws<OverflowException>(() => writer.Add("b", StoredType.F32, [long.MaxValue, 2], _ => { }));
        writer.Add("short", StoredType.U8, [2], stream => stream.WriteByte(1));
        string path = Path.Combine(Temporary(), "a.safetensors");
        Assert.Throws<InvalidOperationException>(() => writer.Save(path));
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void AnInterruptedWriteLeavesTheOldFile()
    {
        string directory = Temporary();
        string path = Path.Combine(directory, "a.safetensors");
        SafetensorsWriter first = new();
        first.Add("a", [1], new float[1]);
        first.Save(path);
        byte[] old = File.ReadAllBytes(path);
        SafetensorsWriter second = new();
        second.Add("a", [2], new float[2]);
        second.Add("b", StoredType.U8, [1], _ => throw new IOException("the disk is full"));
        Assert.Throws<IOException>(() => second.Save(path));
        Assert.Equal(old, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.EnumerateFiles(directory));
    }

    [Fact]
    public void AWriteOverAMappedFileLeavesItsReadersTheOldBytes()
    {
        string path = Path.Combine(Temporary(), "a.safetensors");
        Save(1);
        using SafetensorsFile reader = SafetensorsFile.Open(path);
        Save(2);
        Assert.Equal([1f], reader["a"].ToFloat32());
        using SafetensorsFile again = SafetensorsFile.Open(path);
        Assert.Equal([2f], again["a"].ToFloat32());

        void Save(float value)
        {
            SafetensorsWriter writer = new();
            writer.Add("a", [1], new[] { value });
            writer.Save(path);
        }
    }

    [Fact]
    public void NpzHasNumpysLayout()
    {
        NpzWriter writer = new();
        writer.Add("blocks.0.hook", [2, 3], new[] { 1f, 2, 3, 4, 5, 6 });
        writer.Add("ids", [2], new[] { 7L, -8 });
        writer.Add("one", [], new[] { 9 });
        string path = Path.Combine(Temporary(), "a.npz");
        writer.Save(path);
        using ZipArchive zip = ZipFile.OpenRead(path);
        Assert.Equal(["blocks.0.hook.npy", "ids.npy", "one.npy"], zip.Entries.Select(e => e.FullName));
        (string header, byte[] data) = Npy(zip.Entries[0]);
        Assert.Equal("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", header.TrimEnd());
        Assert.Equal(6f, BitConverter.ToSingle(data, 20));
        Assert.Equal("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }", Npy(zip.Entries[1]).Header.TrimEnd());
        Assert.Equal(-8L, BitConverter.ToInt64(Npy(zip.Entries[1]).Data, 8));
        Assert.Equal("{'descr': '<i4', 'fortran_order': False, 'shape': (), }", Npy(zip.Entries[2]).Header.TrimEnd());
        byte[] bytes = File.ReadAllBytes(path);
        writer.Save(path);
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [Fact]
    public void NpzRefusesNamesThatLeaveItsDirectory()
    {
        NpzWriter writer = new();
        writer.Add("a/b", [1], new float[1]);
        Assert.Throws<ArgumentException>(() => writer.Add("a/b", [1], new float[1]));
        Assert.Throws<ArgumentException>(() => writer.Add("../a", [1], new float[1]));
        Assert.Throws<ArgumentException>(() => writer.Add("/a", [1], new float[1]));
        Assert.Throws<ArgumentException>(() => writer.Add("c", [2], new float[1]));
    }

    private static (string Header, byte[] Data) Npy(ZipArchiveEntry entry)
    {
        using MemoryStream copy = new();
        using (Stream stream = entry.Open())
            stream.CopyTo(copy);
        byte[] bytes = copy.ToArray();
        Assert.Equal([0x93, .. "NUMPY"u8, 1, 0], bytes[..8]);
        int length = BitConverter.ToUInt16(bytes, 8);
        Assert.Equal(0, (10 + length) % 64);
        Assert.Equal((byte)'\n', bytes[9 + length]);
        return (Encoding.ASCII.GetString(bytes, 10, length), bytes[(10 + length)..]);
    }
}
