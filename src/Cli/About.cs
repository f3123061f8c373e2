using System.Reflection;
using System.Runtime.InteropServices;

namespace Weir.Cli;

/// <summary>Which Weir this is.</summary>
internal static class About
{
    /// <summary>The version, without the commit.</summary>
    public static string Version => Informational.Split('+')[0];

    /// <summary>The commit it was built from; empty where it was built without git.</summary>
    public static string Commit => Informational.Split('+') is [_, var commit, ..] ? commit : "";

    /// <summary>One line for people.</summary>
    public static string Line => $"weir {Version}{(Commit.Length == 0 ? "" : $" ({Commit[..Math.Min(10, Commit.Length)]})")}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}";

    private static string Informational =>
        typeof(About).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
}
