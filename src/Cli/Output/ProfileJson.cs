using System.Text.Json;
using Weir.Analysis.Benchmarks;
using Weir.Cli.Reports;
using Weir.Kernels.Cuda;

namespace Weir.Cli.Output;

/// <summary>What a profile saw, as JSON.</summary>
internal static class ProfileJson
{
    /// <summary>Writes it.</summary>
    public static void Write(Utf8JsonWriter json, CudaDevice device, CudaProfile profile, GpuLimits limits, string what, TimeSpan wall)
    {
        json.WriteBoolean("emulated", device.Facts.IsEmulated);
        json.WriteString("work", what);
        json.WriteNumber("launches", profile.Launches.Count);
        JsonNumbers.Write(json, "wall_seconds", wall.TotalSeconds);
        JsonNumbers.Write(json, "bandwidth_bytes_per_second", limits.Bandwidth);
        JsonNumbers.Write(json, "matrix_flops_per_second", limits.MatrixRate);
        json.WriteStartArray("kernels");
        foreach (KernelProfile k in profile.Kernels)
        {
            json.WriteStartObject();
            json.WriteString("kernel", k.Kernel);
            json.WriteString("file", k.File);
            json.WriteNumber("calls", k.Launches.Count);
            JsonNumbers.Write(json, "seconds", k.Seconds);
            json.WriteNumber("bytes", k.Bytes);
            json.WriteNumber("flops", k.Flops);
            if (limits.ShareOf(k.Bytes, k.Flops, k.Seconds) is { } share)
            {
                JsonNumbers.Write(json, "of_limit", share);
            }

            json.WriteNumber("registers", k.Facts.Registers);
            json.WriteNumber("shared_bytes", k.Facts.SharedBytes);
            json.WriteNumber("local_bytes", k.Facts.LocalBytes);
            JsonNumbers.Write(json, "occupancy", k.Occupancy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
