namespace Weir.Engine.Checkpoints;

/// <summary>
/// Why a checkpoint was refused. The names of the first group are those of huggingface/safetensors, so that a search
/// finds its documentation; the others are Weir's.
/// </summary>
public enum CheckpointError
{
    /// <summary>safetensors: shorter than the eight bytes of the header's length.</summary>
    HeaderTooSmall,

    /// <summary>safetensors: the header's length is over 100,000,000.</summary>
    HeaderTooLarge,

    /// <summary>safetensors: the header's length goes beyond the file.</summary>
    InvalidHeaderLength,

    /// <summary>safetensors: the header is not UTF-8.</summary>
    InvalidHeader,

    /// <summary>safetensors: the header is not JSON of the format's shape, or has a key twice.</summary>
    InvalidHeaderDeserialization,

    /// <summary>safetensors: a tensor's bytes end before they begin, leave a gap, or overlap another's.</summary>
    InvalidOffset,

    /// <summary>safetensors: the number of bytes is not that of the shape and the type.</summary>
    TensorInvalidInfo,

    /// <summary>safetensors: a shape's number of elements or bytes overflows.</summary>
    ValidationOverflow,

    /// <summary>safetensors: a tensor of a type below one byte does not end at a whole byte.</summary>
    MisalignedSlice,

    /// <summary>safetensors: the tensors do not cover the file's data exactly.</summary>
    MetadataIncompleteBuffer,

    /// <summary>A directory or file that is needed is not there.</summary>
    FileMissing,

    /// <summary>The weights are only there in a format whose loading executes code.</summary>
    PickleRefused,

    /// <summary>A JSON file is not JSON, or not of the expected shape.</summary>
    InvalidJson,

    /// <summary>A JSON file has a key twice in one object.</summary>
    DuplicateJsonKey,

    /// <summary>The index names a shard outside the model's directory.</summary>
    IndexPathEscape,

    /// <summary>A shard that the index names is not there.</summary>
    ShardMissing,

    /// <summary>The index lists a tensor in a shard that does not have it.</summary>
    IndexShardMismatch,

    /// <summary>A tensor stands in two shards.</summary>
    TensorInTwoShards,

    /// <summary>A tensor that the model needs is not in the checkpoint.</summary>
    TensorMissing,

    /// <summary>The configuration's dimensions are not those of the tensors.</summary>
    ConfigTensorMismatch,

    /// <summary>A value of the configuration is not in its range.</summary>
    ConfigOutOfRange,

    /// <summary>The model's architecture is not one of the supported families.</summary>
    UnsupportedArchitecture,

    /// <summary>The configuration asks for something that would change the result and is not supported.</summary>
    UnsupportedOption,

    /// <summary>The tie flag and the head tensors contradict each other.</summary>
    TieMismatch,

    /// <summary>The element type is not available for weights.</summary>
    DTypeUnavailable,

    /// <summary>The element type is known to give wrong numbers in this family.</summary>
    UnsafeDType,

    /// <summary>A begin or end token lies outside the vocabulary.</summary>
    SpecialTokenMismatch,
}
