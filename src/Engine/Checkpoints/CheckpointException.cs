using System.Text;
using Weir.Kernels;

namespace Weir.Engine.Checkpoints;

/// <summary>A checkpoint that Weir refuses, with the error's name, the file and the tensor.</summary>
public sealed class CheckpointException : WeirException
{
    private const int NameLimit = 120;

    /// <summary>Makes an error without particulars.</summary>
    public CheckpointException()
    {
    }

    /// <summary>Makes an error from a whole sentence.</summary>
    public CheckpointException(string message) : base(message)
    {
    }

    /// <summary>Makes an error from a whole sentence and its cause.</summary>
    public CheckpointException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Makes an error from its parts; the message is one sentence of them.</summary>
    /// <param name="error">The error's name.</param>
    /// <param name="file">The file or directory.</param>
    /// <param name="tensor">The tensor, or null where the file as a whole is meant.</param>
    /// <param name="reason">What is wrong, with the values.</param>
    /// <param name="wayOut">What the user can do; null for the error's usual advice.</param>
    /// <param name="cause">What was thrown below, or null.</param>
    public CheckpointException(
        CheckpointError error, string file, string? tensor, string reason, string? wayOut = null, Exception? cause = null)
        : base(Sentence(error, file, tensor, reason, wayOut ?? Advice(error)), cause!)
    {
        Error = error;
        File = file;
        Tensor = tensor;
        Reason = reason;
    }

    /// <summary>The error's name.</summary>
    public CheckpointError Error { get; }

    /// <summary>The file or directory.</summary>
    public string File { get; } = "";

    /// <summary>The tensor, or null where the file as a whole is meant.</summary>
    public string? Tensor { get; }

    /// <summary>What is wrong, with the values.</summary>
    public string Reason { get; } = "";

    /// <summary>A name out of a file, short and without control characters, as a message can show it.</summary>
    internal static string Shown(string name)
    {
        StringBuilder shown = new();
        foreach (char c in name.AsSpan(0, Math.Min(name.Length, NameLimit)))
            shown.Append(char.IsControl(c) ? '?' : c);
        return name.Length > NameLimit ? shown.Append("...").ToString() : shown.ToString();
    }

    private static string Sentence(CheckpointError error, string file, string? tensor, string reason, string wayOut) =>
        $"{file}: {error}: {(tensor is null ? "" : $"tensor '{Shown(tensor)}' ")}{reason}; {wayOut}.";

    private static string Advice(CheckpointError error) => error switch
    {
        CheckpointError.HeaderTooSmall or CheckpointError.InvalidHeaderLength or CheckpointError.MetadataIncompleteBuffer =>
            "the file is cut off or is no safetensors file, so fetch it again",
        CheckpointError.HeaderTooLarge or CheckpointError.InvalidHeader or CheckpointError.InvalidHeaderDeserialization
            or CheckpointError.InvalidOffset or CheckpointError.TensorInvalidInfo or CheckpointError.ValidationOverflow
            or CheckpointError.MisalignedSlice =>
            "the file is damaged or was not written by a safetensors library, so fetch it again or save it anew",
        CheckpointError.FileMissing => "give the directory of a Hugging Face model with config.json and safetensors weights",
        CheckpointError.PickleRefused =>
            "loading such a file executes code, so convert it with transformers' save_pretrained(safe_serialization=True)",
        CheckpointError.InvalidJson or CheckpointError.DuplicateJsonKey => "mend the file or fetch it again",
        CheckpointError.IndexPathEscape => "shards must lie in the model's directory, so do not trust this checkpoint",
        CheckpointError.ShardMissing => "fetch the missing shard",
        CheckpointError.IndexShardMismatch or CheckpointError.TensorInTwoShards =>
            "index and shards are of different checkpoints, so fetch the directory again",
        CheckpointError.TensorMissing or CheckpointError.ConfigTensorMismatch =>
            "config.json and the weights are of different models, so fetch both from one place",
        CheckpointError.ConfigOutOfRange or CheckpointError.SpecialTokenMismatch => "correct the value in the file",
        CheckpointError.UnsupportedArchitecture => $"supported are {string.Join(", ", Families.FamilyRegistry.ModelTypes)}",
        CheckpointError.UnsupportedOption => "Weir would compute something else than the model means, so it does not load it",
        CheckpointError.TieMismatch => "set tie_word_embeddings to what the checkpoint holds",
        CheckpointError.DTypeUnavailable => "convert the weights to F32, F16 or BF16",
        _ => "use F32 or BF16",
    };
}
