using Weir.Engine.Checkpoints;
using Xunit;
using static Weir.Engine.Tests.Checkpoints.CheckpointFixtures;

namespace Weir.Engine.Tests.Checkpoints;

/// <summary>One test per row of what a safetensors reader must accept, and how its views behave.</summary>
public sealed class SafetensorsAcceptTests
{
    private const string One = """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";

    [Fact]
    public void ScalarOfRankZero()
    {
        using SafetensorsFile file = Open("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""", [0, 0, 0x80, 0x3F]);
        Assert.Equal(0, file["a"].Shape.Length);
        Assert.Equal(1, file["a"].ElementCount);
        Assert.Equal([1f], file["a"].ToFloat32());
    }

    [Theory]
    [InlineData("[0]")]
    [InlineData("[2,0,3]")]
    [InlineData("[0,4611686018427387904]")]
    public void TensorWithoutElements(string shape)
    {
        using SafetensorsFile file = Open(
            $$$"""{"a":{"dtype":"F32","shape":{{{shape}}},"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", [7]);
        Assert.Empty(file["a"].ToFloat32());
        Assert.Equal(0, file["a"].ByteLength);
        Assert.Equal(7, file["b"].Bytes[0]);
    }

    [Fact]
    public void NotANumberAndInfinity()
    {
        using SafetensorsFile file = Open(
            """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", [0x34, 0x12, 0xC0, 0x7F, 0, 0, 0x80, 0xFF]);
        Assert.Equal(0x7FC01234u, BitConverter.SingleToUInt32Bits(file["a"].ToFloat32()[0]));
        Assert.Equal(float.NegativeInfinity, file["a"].ToFloat32()[1]);
    }

    [Theory]
    [InlineData("", " \t\r\n  ")]
    [InlineData(" \n\r\t", "")]
    public void WhitespaceAroundTheHeader(string before, string after)
    {
        using SafetensorsFile file = Open(before + One + after, [1, 2, 3, 4]);
        Assert.Equal([1, 2, 3, 4], file["a"].Bytes.ToArray());
    }

    [Fact]
    public void TensorsInAnyOrder()
    {
        using SafetensorsFile file = Open(
            """{"z":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"a":{"dtype":"U8","shape":[1],"data_offsets":[3,4]},"m":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""",
            [1, 2, 3, 4]);
        Assert.Equal(["m", "z", "a"], file.Tensors.Select(t => t.Name));
        Assert.Equal([2, 3], file["z"].Bytes.ToArray());
    }

    [Fact]
    public void NoTensorAtAll()
    {
        using SafetensorsFile file = Open("{}", []);
        Assert.Empty(file.Tensors);
        Assert.Empty(file.Metadata);
    }

    [Theory]
    [InlineData("null", 0)]
    [InlineData("{}", 0)]
    [InlineData("""{"format":"pt","unknown":"x"}""", 2)]
    public void Metadata(string metadata, int count)
    {
        using SafetensorsFile file = Open($$$"""{"__metadata__":{{{metadata}}}}""", []);
        Assert.Equal(count, file.Metadata.Count);
        Assert.Equal(count > 0 ? "pt" : null, file.Metadata.GetValueOrDefault("format"));
    }

    [Fact]
    public void EveryTypeOfTheFormatHasItsSize()
    {
        foreach (StoredType type in Enum.GetValues<StoredType>())
        {
            // Eight elements fill whole bytes in every type.
            byte[] data = new byte[type.Bits()];
            using SafetensorsFile file = Open(
                $$$"""{"a":{"dtype":"{{{type}}}","shape":[2,4],"data_offsets":[0,{{{data.Length}}}]}}""", data);
            Assert.Equal(type, file["a"].Type);
        }

        Assert.Equal(22, Enum.GetValues<StoredType>().Length);
        Assert.Equal(
            [StoredType.F16, StoredType.BF16, StoredType.F32],
            Enum.GetValues<StoredType>().Where(t => t.WeightType() is not null));
    }

    [Fact]
    public void DataThatIsNotAlignedIsReadAllTheSame()
    {
        // The data begins at 8 + an odd header length, and b one byte further on.
        string header = """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]},"c":{"dtype":"BF16","shape":[1],"data_offsets":[9,11]},"d":{"dtype":"F16","shape":[1],"data_offsets":[11,13]},"e":{"dtype":"I64","shape":[1],"data_offsets":[13,21]},"f":{"dtype":"I32","shape":[1],"data_offsets":[21,25]}}""";
        foreach (string padding in new[] { "", " " })
        {
            using SafetensorsFile file = Open(
                header + padding,
                [9, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 0x40, 0x40, 0, 0x3C, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFD, 0xFF, 0xFF, 0xFF]);
            Assert.Equal([1f, -2f], file["b"].ToFloat32());
            Assert.Equal([3f], file["c"].ToFloat32());
            Assert.Equal([1f], file["d"].ToFloat32());
            Assert.Equal([-2L], file["e"].ToInt64());
            Assert.Equal([-3L], file["f"].ToInt64());
        }
    }

    [Fact]
    public void ReadsPartsAndRefusesWhatIsOutside()
    {
        using SafetensorsFile file = Open(
            """{"a":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]}}""", [0x80, 0x3F, 0, 0x40, 0x40, 0x40]);
        float[] two = new float[2];
        file["a"].Read(1, two);
        Assert.Equal([2f, 3f], two);
        Assert.Throws<ArgumentOutOfRangeException>(() => file["a"].Read(2, two));
        Assert.Throws<ArgumentOutOfRangeException>(() => file["a"].Read(-1, two));
        Assert.Throws<ArgumentOutOfRangeException>(() => file["a"].Read(long.MaxValue, two));
    }

    [Fact]
    public void ReadingAnotherTypeIsANamedError()
    {
        using SafetensorsFile file = Open("""{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}""", new byte[8]);
        Refuses(CheckpointError.DTypeUnavailable, () => file["a"].ToFloat32());
        Refuses(CheckpointError.DTypeUnavailable, () => file["a"].ToInt64());
        Refuses(CheckpointError.TensorMissing, () => _ = file["b"]);
        Assert.Null(file.Find("b"));
    }

    [Fact]
    public void AReleasedTensorStaysReadable()
    {
        byte[] data = [.. Enumerable.Range(0, 3 * 4096 + 5).Select(i => (byte)(i * 7))];
        using SafetensorsFile file = Open($$$"""{"a":{"dtype":"U8","shape":[{{{data.Length}}}],"data_offsets":[0,{{{data.Length}}}]}}""", data);
        Assert.Equal(data, file["a"].Bytes.ToArray());
        file["a"].Release();
        Assert.Equal(data, file["a"].Bytes.ToArray());
    }

    [Fact]
    public void ReleasedPagesLeaveTheResidentMemory()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("only Linux has the call");
        string path = Path.Combine(Temporary(), "big.safetensors");
        SafetensorsWriter writer = new();
        writer.Add("a", [16 << 20], new float[16 << 20]);
        writer.Save(path);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        TensorView a = file["a"];
        long before = MappedResident(path);
        long sum = 0;
        foreach (byte b in a.Bytes)
            sum += b;
        long read = MappedResident(path);
        a.Release();
        long released = MappedResident(path);
        File.Delete(path);
        Assert.Equal(0, sum);
        Assert.True(read - before > 32 << 20, $"reading mapped {read - before} bytes");
        Assert.True(released < 1 << 20, $"{released} bytes stay");
    }

    [Fact]
    public void ADisposedFilesViewsFailInsteadOfReadingMemoryThatIsGone()
    {
        SafetensorsFile file = Open(One, [1, 2, 3, 4]);
        TensorView a = file["a"];
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => a.ToFloat32());
        Assert.Throws<ObjectDisposedException>(() => _ = a.Pointer);
        Assert.Throws<ObjectDisposedException>(() => a.Release());
    }

    private static SafetensorsFile Open(string header, byte[] data)
    {
        string path = Path.Combine(Temporary(), "x.safetensors");
        byte[] bytes = Safetensors(header, data.Length);
        data.CopyTo(bytes, bytes.Length - data.Length);
        File.WriteAllBytes(path, bytes);
        return SafetensorsFile.Open(path);
    }

    // Resident bytes of the file's mapping, from the kernel's own table.
    private static long MappedResident(string path)
    {
        long bytes = 0;
        bool inside = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            // A mapping's first line begins with its address; the others with a capital letter.
            if (char.IsAsciiHexDigitLower(line[0]))
                inside = line.EndsWith(path, StringComparison.Ordinal);
            else if (inside && line.StartsWith("Rss:", StringComparison.Ordinal))
                bytes += 1024 * long.Parse(line.AsSpan(4).TrimEnd("kB ").Trim(), System.Globalization.CultureInfo.InvariantCulture);
        }

        return bytes;
    }
}
