using System.Text.Json;
using System.Text.Unicode;

namespace Weir.Engine.Checkpoints;

/// <summary>Reads the small JSON files beside the weights: strict, without duplicate keys, errors named.</summary>
internal static class JsonFile
{
    private const long SizeLimit = 100_000_000;

    /// <summary>A file's bytes.</summary>
    public static byte[] ReadBytes(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length > SizeLimit)
                throw new CheckpointException(CheckpointError.InvalidJson, path, null, $"has {stream.Length} bytes, over {SizeLimit}");
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CheckpointException(
                CheckpointError.FileMissing, path, null, $"cannot be read ({e.Message.TrimEnd('.')})", cause: e);
        }
    }

    /// <summary>Parses a file whose root is an object. The caller disposes the document.</summary>
    public static JsonDocument Parse(ReadOnlyMemory<byte> bytes, string path)
    {
        // The parser itself leaves the strings' bytes unchecked until they are read.
        if (!Utf8.IsValid(bytes.Span))
            throw new CheckpointException(CheckpointError.InvalidJson, path, null, "is not UTF-8");
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw IsJson(bytes)
                ? new CheckpointException(CheckpointError.DuplicateJsonKey, path, null, $"has a key twice ({Short(e)})", cause: e)
                : new CheckpointException(CheckpointError.InvalidJson, path, null, $"is not JSON ({Short(e)})", cause: e);
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        document.Dispose();
        throw new CheckpointException(CheckpointError.InvalidJson, path, null, "is not a JSON object");
    }

    // The parser throws one type for both faults; what parses without the rule broke only the rule.
    private static bool IsJson(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string Short(Exception e) => CheckpointException.Shown(e.Message.TrimEnd('.'));
}
