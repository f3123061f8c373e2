using System.Globalization;
using Weir.Engine.Checkpoints;
using Xunit;
using static Weir.Engine.Tests.Checkpoints.CheckpointFixtures;

namespace Weir.Engine.Tests.Checkpoints;

/// <summary>One test per row of what a safetensors reader must reject.</summary>
public sealed class SafetensorsRejectTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void ShorterThanItsLengthPrefix(int length) =>
        Rejects(CheckpointError.HeaderTooSmall, new byte[length]);

    [Theory]
    [InlineData(100_000_001UL)]
    [InlineData(ulong.MaxValue)]
    public void HeaderLengthOverTheLimit(ulong length) =>
        Rejects(CheckpointError.HeaderTooLarge, [.. BitConverter.GetBytes(length), .. "{}"u8]);

    [Theory]
    [InlineData(3UL)]
    [InlineData(100_000_000UL)]
    public void HeaderLengthBeyondTheFile(ulong length) =>
        Rejects(CheckpointError.InvalidHeaderLength, [.. BitConverter.GetBytes(length), .. "{}"u8]);

    [Fact]
    public void HeaderNotUtf8() => Rejects(CheckpointError.InvalidHeader, [3, 0, 0, 0, 0, 0, 0, 0, (byte)'{', 0xFF, (byte)'}']);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}x")]
    [InlineData("{}\0")]
    [InlineData("\uFEFF{}")]
    [InlineData("{/*c*/}")]
    [InlineData("""{"a":1}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[]}}""")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"shape":[],"data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":{},"data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4,4]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[4]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"extra":1}}""")]
    [InlineData("""{"a\ud800":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""")]
    public void HeaderNotJsonOfTheFormatsShape(string header) =>
        Rejects(CheckpointError.InvalidHeaderDeserialization, Safetensors(header, 4));

    [Theory]
    [InlineData("F31")]
    [InlineData("f32")]
    [InlineData("17")]
    [InlineData(" F32")]
    [InlineData("F32,F16")]
    public void UnknownDtype(string dtype) =>
        Rejects(CheckpointError.InvalidHeaderDeserialization, Safetensors(Header(dtype, "1", 0, 4), 4), "a");

    [Theory]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void MetadataValueThatIsNotAString(string value) =>
        Rejects(CheckpointError.InvalidHeaderDeserialization, Safetensors($$$"""{"__metadata__":{"k":{{{value}}}}}""", 0));

    [Theory]
    [InlineData("-1")]
    [InlineData("-0")]
    [InlineData("1.0")]
    [InlineData("1e0")]
    [InlineData("\"1\"")]
    [InlineData("18446744073709551616")]
    [InlineData("[1]")]
    public void ShapeThatIsNotOfNonNegativeIntegers(string size) =>
        Rejects(CheckpointError.InvalidHeaderDeserialization, Safetensors(Header("F32", size, 0, 4), 4), "a");

    [Theory]
    [InlineData("-1,4")]
    [InlineData("0,4.0")]
    [InlineData("0,\"4\"")]
    public void OffsetsThatAreNotNonNegativeIntegers(string offsets) => Rejects(
        CheckpointError.InvalidHeaderDeserialization,
        Safetensors($$$"""{"a":{"dtype":"F32","shape":[1],"data_offsets":[{{{offsets}}}]}}""", 4), "a");

    [Theory]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","dtype":"U8","shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"__metadata__":{},"__metadata__":{},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""")]
    public void DuplicateKeys(string header) =>
        Rejects(CheckpointError.InvalidHeaderDeserialization, Safetensors(header, 2));

    [Fact]
    public void BeginAfterEnd() => Rejects(CheckpointError.InvalidOffset, Safetensors(Header("F32", "1", 4, 0), 4), "a");

    [Fact]
    public void FirstTensorNotAtZero() => Rejects(CheckpointError.InvalidOffset, Safetensors(Header("F32", "1", 4, 8), 8), "a");

    [Fact]
    public void GapBetweenTensors() => Rejects(CheckpointError.InvalidOffset, Safetensors(Pair(0, 4, 8, 12), 12), "b");

    [Fact]
    public void OverlappingTensors() => Rejects(CheckpointError.InvalidOffset, Safetensors(Pair(0, 4, 2, 6), 6), "b");

    [Fact]
    public void TwoTensorsOnTheSameBytes() => Rejects(CheckpointError.InvalidOffset, Safetensors(Pair(0, 4, 0, 4), 4), "b");

    [Theory]
    [InlineData("2,2", 12)]
    [InlineData("", 8)]
    [InlineData("0", 4)]
    public void BytesThatAreNotThoseOfTheShape(string shape, int end) =>
        Rejects(CheckpointError.TensorInvalidInfo, Safetensors(Header("F32", shape, 0, end), end), "a");

    [Theory]
    [InlineData("2,18446744073709551614", 16)]
    [InlineData("2,9223372036854775807", 16)]
    [InlineData("4611686018427387905", 4)]
    [InlineData("4294967296,4294967296", 0)]
    [InlineData("18446744073709551615,2,0", 0)]
    [InlineData("0,18446744073709551615", 0)]
    public void ShapeWhoseSizeOverflows(string shape, int end) =>
        Rejects(CheckpointError.ValidationOverflow, Safetensors(Header("F32", shape, 0, end), end), "a");

    [Theory]
    [InlineData("F4", "3", 1)]
    [InlineData("F6_E2M3", "2", 1)]
    [InlineData("F6_E3M2", "5", 3)]
    public void TensorBelowOneByteThatEndsInsideAByte(string type, string shape, int end) =>
        Rejects(CheckpointError.MisalignedSlice, Safetensors(Header(type, shape, 0, end), end), "a");

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(4096)]
    public void MissingOrExtraBytes(int data) =>
        Rejects(CheckpointError.MetadataIncompleteBuffer, Safetensors(Header("F32", "1", 0, 4), data));

    [Fact]
    public void DataWithoutAnyTensor() => Rejects(CheckpointError.MetadataIncompleteBuffer, Safetensors("{}", 1));

    [Fact]
    public void FileThatIsNotThere() => Refuses(
        CheckpointError.FileMissing, () => SafetensorsFile.Open(Path.Combine(Temporary(), "none.safetensors")).Dispose());

    [Fact]
    public void AMessageShowsAHostileNameShortAndOnOneLine()
    {
        string name = "x\\n" + new string('y', 5000);
        CheckpointException e = Rejects(
            CheckpointError.TensorInvalidInfo, Safetensors(Header("F32", "1", 0, 8).Replace("\"a\"", $"\"{name}\"", StringComparison.Ordinal), 8));
        Assert.InRange(e.Message.Length, 1, 600);
        Assert.Equal(5002, e.Tensor!.Length);
    }

    private static string Header(string dtype, string shape, long begin, long end) => string.Create(
        CultureInfo.InvariantCulture, $$$"""{"a":{"dtype":"{{{dtype}}}","shape":[{{{shape}}}],"data_offsets":[{{{begin}}},{{{end}}}]}}""");

    private static string Pair(int begin, int end, int begin2, int end2) =>
        $$$"""{"b":{"dtype":"F32","shape":[1],"data_offsets":[{{{begin2}}},{{{end2}}}]},"a":{"dtype":"F32","shape":[1],"data_offsets":[{{{begin}}},{{{end}}}]}}""";

    private static CheckpointException Rejects(CheckpointError error, byte[] file, string? tensor = null)
    {
        string path = Path.Combine(Temporary(), "x.safetensors");
        File.WriteAllBytes(path, file);
        CheckpointException e = Refuses(error, () => SafetensorsFile.Open(path).Dispose());
        Assert.Equal(path, e.File);
        if (tensor is not null)
            Assert.Equal(tensor, e.Tensor);
        // Nothing stays open or mapped.
        File.Delete(path);
        Directory.Delete(Path.GetDirectoryName(path)!);
        return e;
    }
}
