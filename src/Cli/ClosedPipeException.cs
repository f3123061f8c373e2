namespace Weir.Cli;

/// <summary>Whoever read the output has closed it.</summary>
internal sealed class ClosedPipeException : IOException
{
    /// <summary>Makes the error.</summary>
    public ClosedPipeException() : base("The output was closed.")
    {
    }

    /// <summary>Makes the error with a message.</summary>
    public ClosedPipeException(string message) : base(message)
    {
    }

    /// <summary>Makes the error with a message and its cause.</summary>
    public ClosedPipeException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
