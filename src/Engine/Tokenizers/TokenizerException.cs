using Weir.Kernels;

namespace Weir.Engine.Tokenizers;

/// <summary>A tokenizer file that cannot be used, and why.</summary>
public sealed class TokenizerException : WeirException
{
    /// <summary>Makes an error with a generic message.</summary>
    public TokenizerException()
    {
    }

    /// <summary>Makes an error with the sentence for the user.</summary>
    public TokenizerException(string message) : base(message)
    {
    }

    /// <summary>Makes an error with the sentence for the user and its cause.</summary>
    public TokenizerException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Makes an error that names the file.</summary>
    /// <param name="file">The tokenizer file.</param>
    /// <param name="error">The kind of error.</param>
    /// <param name="reason">What is wrong and the way out.</param>
    /// <param name="innerException">The cause, if another exception is.</param>
    public TokenizerException(string file, TokenizerError error, string reason, Exception? innerException = null)
        : base($"{file}: {NameOf(error)}: {reason}", innerException!)
    {
        File = file;
        Error = error;
        Reason = reason;
    }

    /// <summary>The tokenizer file.</summary>
    public string File { get; } = "";

    /// <summary>The kind of error.</summary>
    public TokenizerError Error { get; }

    /// <summary>What is wrong and the way out, without the file's name.</summary>
    public string Reason { get; } = "";

    private static string NameOf(TokenizerError error) =>
        error == TokenizerError.OutOfRange ? "TokenizerOutOfRange" : error.ToString();
}
