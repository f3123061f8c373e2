namespace Weir.Analysis.Tests;

/// <summary>Where the fixtures are.</summary>
internal static class Fixture
{
    /// <summary>The directory of a fixture model.</summary>
    public static string Model(string name) => Path.Combine(RepositoryRoot.Path, "tests", "fixtures", "models", name);
}
