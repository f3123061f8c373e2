using Weir.Kernels.Ops;

namespace Weir.Kernels;

/// <summary>A processor with its memory and its body of every op. Calls on one device are made from one thread.</summary>
public interface IDevice : IDisposable
{
    /// <summary>A name for people: processor, vector width or compute capability, threads.</summary>
    string Name { get; }

    /// <summary>What decides the bits of results: devices of one arithmetic give the same, whatever their number of threads.</summary>
    string Arithmetic { get; }

    /// <summary>The options in effect: they open the same device again.</summary>
    DeviceOptions OpenedWith { get; }

    /// <summary>The ops, run in the order of the calls.</summary>
    IOps Ops { get; }

    /// <summary>What the device has done so far.</summary>
    DeviceCounters Counters { get; }

    /// <summary>Memory that can still be allocated, in bytes, or null where the system does not tell.</summary>
    long? AvailableBytes { get; }

    /// <summary>Allocates memory, 64-byte aligned, contents undefined.</summary>
    /// <exception cref="WeirException">The device has not enough memory.</exception>
    DeviceBuffer Allocate(long bytes);

    /// <summary>
    /// Takes a weight matrix from host memory in the layout that products and row look-ups of this device want, in its
    /// stored element type. The host memory may be released afterwards.
    /// </summary>
    WeightMatrix Load(MatrixSource source);

    /// <summary>Makes an empty store of keys and values.</summary>
    /// <param name="heads">Key and value heads.</param>
    /// <param name="headSize">Size of one head.</param>
    /// <param name="type">Type of the weights that make them: the device may keep keys and values in it, or in f32.</param>
    KeyValueStore CreateKeyValueStore(int heads, int headSize, ElementType type);

    /// <summary>Copies host memory to the device; waits until the source may be reused.</summary>
    void Write(Tensor destination, ReadOnlySpan<byte> source);

    /// <summary>Copies a tensor, row by row where it has a stride, to host memory; waits for the ops before it.</summary>
    void Read(Tensor source, Span<byte> destination);

    /// <summary>Waits for all ops called so far.</summary>
    void Synchronize();

    /// <summary>
    /// Records ops so that they can be run again and again at the cost of one call: a CUDA device calls the action once, now,
    /// and makes a graph of its launches; the CPU calls it at each <see cref="IRecording.Run"/>. Nothing runs before that.
    /// </summary>
    /// <param name="ops">
    /// Calls ops and nothing else of the device: it neither reads nor writes nor allocates. Call it once before it is
    /// recorded, so that code is loaded and scratch memory is there. Operands must stay where they are until the recording
    /// is disposed of; their contents, and the places of <see cref="PackedRows"/>, are those of the time of each run.
    /// </param>
    IRecording Record(Action ops);

    /// <summary>Makes a timer of the device's own work.</summary>
    DeviceTimer CreateTimer();
}
