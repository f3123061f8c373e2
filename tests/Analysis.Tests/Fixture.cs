namespace Weir.Analysis.Tests;

/// <summary>Where the fixtures are.</summary>
internal static class Fixture
{
    /// <summary>The directory that holds Engine.sln.</summary>
    public static string Root { get; } = Find();

    /// <summary>The directory of a fixture model.</summary>
    public static string Model(string name) => Path.Combine(Root, "tests", "fixtures", "models", name);

    private static string Find()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Engine.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new DirectoryNotFoundException($"No directory above {AppContext.BaseDirectory} holds Engine.sln.");
    }
}
