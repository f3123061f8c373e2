using Weir.Kernels;

namespace Weir.Cli;

/// <summary>Finds the model's directory.</summary>
internal static class ModelLocator
{
    private static readonly string Demo = Path.Combine("models", "demo");

    /// <summary>The directory that was named, else the demo model: beside the program, or in a directory above this one.</summary>
    public static string Find(string? named)
    {
        if (named is not null)
        {
            return named;
        }

        if (Holds(AppContext.BaseDirectory) is { } published)
        {
            return published;
        }

        for (string? place = Environment.CurrentDirectory; place is not null; place = Path.GetDirectoryName(place))
        {
            if (Holds(place) is { } found)
            {
                return found;
            }
        }

        throw new WeirException("The demo model is neither beside the program nor in a directory above this one; name a model's directory with --model.");
    }

    private static string? Holds(string place)
    {
        string directory = Path.Combine(place, Demo);
        return File.Exists(Path.Combine(directory, "config.json")) ? directory : null;
    }
}
