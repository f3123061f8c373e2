namespace Weir.Kernels.Cuda;

/// <summary>A call to the CUDA driver, or to the emulator in its place, that failed.</summary>
public sealed class CudaException : WeirException
{
    /// <summary>Makes an error with a generic message.</summary>
    public CudaException() : base("A CUDA call failed.")
    {
    }

    /// <summary>Makes an error with the sentence for the user.</summary>
    public CudaException(string message) : base(message)
    {
    }

    /// <summary>Makes an error with the sentence for the user and its cause.</summary>
    public CudaException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>An error for what a recorded graph cannot hold.</summary>
    internal static CudaException InRecording(string what) => new($"A graph cannot hold {what}; do it before or after the recording.");
}
