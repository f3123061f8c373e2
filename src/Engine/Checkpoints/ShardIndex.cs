using System.Text.Json;

namespace Weir.Engine.Checkpoints;

/// <summary>model.safetensors.index.json: which shard holds which tensor.</summary>
internal static class ShardIndex
{
    /// <summary>Reads the index: tensor name to shard name, every shard name judged.</summary>
    public static Dictionary<string, string> Read(string path)
    {
        using JsonDocument document = JsonFile.Parse(JsonFile.ReadBytes(path), path);
        if (!document.RootElement.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
            throw new CheckpointException(CheckpointError.InvalidJson, path, null, "has no object weight_map");
        Dictionary<string, string> shards = new(StringComparer.Ordinal);
        string? shard = null;
        try
        {
            foreach (JsonProperty entry in map.EnumerateObject())
            {
                if (entry.Value.ValueKind != JsonValueKind.String)
                    throw new CheckpointException(CheckpointError.InvalidJson, path, entry.Name, "has a shard that is not a string");
                string tensor = entry.Name;
                // Neighbours mostly stand in one shard: one string for all of them.
                if (shard is null || !entry.Value.ValueEquals(shard))
                {
                    shard = entry.Value.GetString()!;
                    Judge(shard, tensor, path);
                }

                shards.Add(tensor, shard);
            }
        }
        catch (InvalidOperationException e)
        {
            throw new CheckpointException(CheckpointError.InvalidJson, path, null, "has a name that is not Unicode text", cause: e);
        }

        return shards;
    }

    // The name is judged, not what a link behind it points at: model caches link to files elsewhere.
    private static void Judge(string shard, string tensor, string path)
    {
        if (Leaves(shard))
        {
            throw new CheckpointException(
                CheckpointError.IndexPathEscape, path, tensor, $"is said to be in '{CheckpointException.Shown(shard)}'");
        }

        if (PickleFiles.IsPickle(shard))
            throw PickleFiles.Refuse(path, shard);
    }

    // By the rules of every system, whichever this one is: an index is written once and read everywhere.
    private static bool Leaves(ReadOnlySpan<char> shard)
    {
        if (shard.ContainsAny(':', '\0') || Path.IsPathRooted(shard))
            return true;
        foreach (Range range in shard.SplitAny('/', '\\'))
        {
            if (shard[range] is "" or "." or "..")
                return true;
        }

        return false;
    }
}
