namespace Weir.Cli;

/// <summary>What the program's exit code says.</summary>
internal static class ExitCode
{
    /// <summary>All is well.</summary>
    public const int Success = 0;

    /// <summary>A bug in Weir.</summary>
    public const int Bug = 1;

    /// <summary>An error that the user can act on; its sentence is on the standard error.</summary>
    public const int UserError = 2;

    /// <summary>Stopped with Ctrl-C.</summary>
    public const int Interrupted = 130;

    /// <summary>Whoever read the output has closed it, as with head.</summary>
    public const int ClosedPipe = 141;

    /// <summary>Stopped by SIGTERM.</summary>
    public const int Terminated = 143;
}
