using Weir.Kernels;

namespace Weir.Cli;

/// <summary>A command line that cannot be meant; the message gets a hint to the verb's help.</summary>
internal sealed class UsageException : WeirException
{
    /// <summary>Makes an error without particulars.</summary>
    public UsageException()
    {
    }

    /// <summary>Makes an error from a sentence.</summary>
    public UsageException(string message) : base(message)
    {
    }

    /// <summary>Makes an error from a sentence and its cause.</summary>
    public UsageException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
