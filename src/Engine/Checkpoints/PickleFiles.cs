namespace Weir.Engine.Checkpoints;

/// <summary>Weights in Python's pickle format, whose loading runs code of the file's author.</summary>
internal static class PickleFiles
{
    private static readonly string[] s_extensions = [".bin", ".pt", ".pth", ".pkl", ".ckpt"];

    /// <summary>True for a name that such weights have.</summary>
    public static bool IsPickle(string name) => s_extensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);

    /// <summary>The refusal.</summary>
    public static CheckpointException Refuse(string where, string name) =>
        new(CheckpointError.PickleRefused, where, null, $"has its weights in '{CheckpointException.Shown(name)}', a pickle file");
}
