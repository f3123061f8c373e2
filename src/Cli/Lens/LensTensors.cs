using Weir.Cli.Output;
using Weir.Engine.Checkpoints;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Cli.Lens;

/// <summary>A reading as safetensors: the states and every number, [layers, positions, ...].</summary>
internal static class LensTensors
{
    /// <summary>Writes DIR/lens.safetensors; returns its path.</summary>
    public static string Save(string directory, LensView view, IReadOnlyList<Tensor> states, IDevice device, string record)
    {
        LensResult r = view.Result;
        int width = view.Spec.Width;
        long layers = r.States;
        long positions = r.Positions;
        var writer = new SafetensorsWriter();
        writer.Metadata["weir"] = record;
        writer.Add("residuals", StoredType.F32, [layers, positions, width], stream =>
        {
            foreach (Tensor state in states)
            {
                byte[] bytes = new byte[state.Bytes];
                device.Read(state, bytes);
                stream.Write(bytes);
            }
        });
        writer.Add("token_ids", [view.Ids.Count], view.Ids.ToArray());
        writer.Add("entropy", [layers, positions], r.Entropy);
        writer.Add("kl_to_last", [layers, positions], r.Divergence);
        writer.Add("log_sum_exp", [layers, positions], r.LogSumExp);
        writer.Add("top_ids", [layers, positions, r.TopK], r.TopIds);
        writer.Add("top_log_probabilities", [layers, positions, r.TopK], r.TopLogProbabilities);
        if (r.TargetCount > 0)
        {
            writer.Add("target_ids", [r.TargetCount], view.Targets.ToArray());
            writer.Add("target_log_probabilities", [layers, positions, r.TargetCount], r.TargetLogProbabilities);
            writer.Add("target_ranks", [layers, positions, r.TargetCount], r.TargetRanks);
        }

        string path = Path.Combine(directory, "lens.safetensors");
        OutputFile.Save(path, writer.Save);
        return path;
    }
}
