namespace Weir.Kernels;

/// <summary>
/// An error that the user can act on. Its message is one sentence: what is wrong, where, and the way out.
/// The program prints it and exits with code 2; anything else is a bug in Weir.
/// </summary>
public class WeirException : Exception
{
    /// <summary>Makes an error with a generic message.</summary>
    public WeirException() : base("Weir could not go on.")
    {
    }

    /// <summary>Makes an error with the sentence for the user.</summary>
    public WeirException(string message) : base(message)
    {
    }

    /// <summary>Makes an error with the sentence for the user and its cause.</summary>
    public WeirException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
