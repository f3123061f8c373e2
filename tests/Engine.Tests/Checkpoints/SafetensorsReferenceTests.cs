using System.Text;
using Weir.Engine.Checkpoints;
using Xunit;
using static Weir.Engine.Tests.Checkpoints.CheckpointFixtures;

namespace Weir.Engine.Tests.Checkpoints;

/// <summary>The tests of huggingface/safetensors' own reader under their names, and its attack attempts.</summary>
public sealed class SafetensorsReferenceTests
{
    [Fact]
    public void test_json_attack()
    {
        string header = string.Join(',', Enumerable.Range(0, 10).Select(
            i => $$$"""  "weight_{{{i}}}":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}"""));
        Rejects(CheckpointError.InvalidOffset, Safetensors("{" + header + "}", 16));
    }

    [Fact]
    public void test_metadata_incomplete_buffer()
    {
        const string Header = """{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}""";
        Rejects(CheckpointError.MetadataIncompleteBuffer, [.. Safetensors(Header, 16), .. "extra_bogus_data_for_polyglot_file"u8]);
        Rejects(CheckpointError.MetadataIncompleteBuffer, Safetensors(Header, 15));
    }

    [Fact]
    public void test_header_too_large() => Rejects(
        CheckpointError.HeaderTooLarge,
        [.. BitConverter.GetBytes((ulong)uint.MaxValue), .. Safetensors("""{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}""", 16)]);

    [Fact]
    public void test_header_too_small() => Rejects(CheckpointError.HeaderTooSmall, []);

    [Fact]
    public void test_invalid_header_length() => Rejects(CheckpointError.InvalidHeaderLength, [0x3C, 0, 0, 0, 0, 0, 0, 0]);

    [Fact]
    public void test_invalid_header_non_utf8() => Rejects(CheckpointError.InvalidHeader, [1, 0, 0, 0, 0, 0, 0, 0, 0xFF]);

    [Fact]
    public void test_invalid_header_not_json() =>
        Rejects(CheckpointError.InvalidHeaderDeserialization, [1, 0, 0, 0, 0, 0, 0, 0, (byte)'{']);

    [Fact]
    public void test_validation_overflow()
    {
        Rejects(CheckpointError.ValidationOverflow, Safetensors("""{"test":{"dtype":"I32","shape":[2,18446744073709551614],"data_offsets":[0,16]}}""", 16));
        Rejects(CheckpointError.ValidationOverflow, Safetensors("""{"test":{"dtype":"I32","shape":[2,9223372036854775807],"data_offsets":[0,16]}}""", 16));
    }

    [Fact]
    public void test_invalid_info() => Rejects(
        CheckpointError.TensorInvalidInfo, Safetensors("""{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,4]}}""", 4));

    [Fact]
    public void test_zero_sized_tensor()
    {
        using SafetensorsFile file = Opens(Safetensors("""{"test":{"dtype":"I32","shape":[2,0],"data_offsets":[0,0]}}""", 0));
        Assert.Equal([2L, 0L], file["test"].Shape.ToArray());
        Assert.True(file["test"].Bytes.IsEmpty);
    }

    [Fact]
    public void test_whitespace_leading_padded_header()
    {
        using SafetensorsFile file = Opens(Safetensors("   {\"test\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}", 16));
        Assert.Equal(16, file["test"].ByteLength);
    }

    [Fact]
    public void AttackOfManyTensorsOnTheSameBytes()
    {
        StringBuilder header = new("{");
        for (int i = 0; i < 100_000; i++)
            header.Append($$$"""{{{(i > 0 ? "," : "")}}}"weight_{{{i}}}":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}""");
        Rejects(CheckpointError.InvalidOffset, Safetensors(header.Append('}').ToString(), 16));
    }

    [Fact]
    public void AttackOfAShapeFarOverItsBytes() => Rejects(
        CheckpointError.TensorInvalidInfo,
        Safetensors("""{"weight":{"dtype":"F32","shape":[200000,200000],"data_offsets":[0,160000]}}""", 160_000));

    [Fact]
    public void AttackOfOffsetsBeyondTheFile() => Rejects(
        CheckpointError.MetadataIncompleteBuffer,
        Safetensors("""{"weight":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}""", 16));

    private static SafetensorsFile Opens(byte[] file)
    {
        string path = Path.Combine(Temporary(), "x.safetensors");
        File.WriteAllBytes(path, file);
        return SafetensorsFile.Open(path);
    }

    private static void Rejects(CheckpointError error, byte[] file) => Refuses(error, () => Opens(file).Dispose());
}
