using Weir.Engine.Families;
using Weir.Kernels;

namespace Weir.Engine.Weights;

/// <summary>Where a model's numbers come from: a checkpoint, or a generator for benchmarks.</summary>
internal interface IWeightSource
{
    /// <summary>A matrix in host memory, valid until it is released.</summary>
    MatrixSource Matrix(LinearSource source);

    /// <summary>The same for a matrix stored as it is, such as an embedding.</summary>
    MatrixSource Matrix(string tensor);

    /// <summary>Tells that a matrix has been taken over and its host memory is not needed any more.</summary>
    void Release(LinearSource source);

    /// <summary>The same for a matrix stored as it is.</summary>
    void Release(string tensor);

    /// <summary>A small tensor, widened to f32.</summary>
    float[] Values(string tensor);
}
