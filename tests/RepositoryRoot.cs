namespace Weir;

/// <summary>Finds files of the repository; compiled into every test and bench project.</summary>
internal static class RepositoryRoot
{
    /// <summary>The directory that holds Engine.sln.</summary>
    public static string Path { get; } = Find();

    /// <summary>The path of a fixture, given by its parts below tests/fixtures.</summary>
    public static string Fixture(params string[] parts)
    {
        string path = System.IO.Path.Combine([Path, "tests", "fixtures", .. parts]);
        return System.IO.Path.Exists(path) ? path : throw new FileNotFoundException($"The fixture {path} is missing.");
    }

    private static string Find()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(directory.FullName, "Engine.sln")))
                return directory.FullName;
        }
        throw new DirectoryNotFoundException($"No directory above {AppContext.BaseDirectory} holds Engine.sln.");
    }
}
