using Weir.Engine;
using Weir.Engine.Checkpoints;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Cli.Output;

/// <summary>Captured sites as a file of tensors.</summary>
internal sealed class CaptureFile
{
    private const int ChunkBytes = 1 << 22;

    private readonly Model _model;
    private readonly List<(string Name, Tensor Value)> _sites = [];
    private readonly int[] _ids;
    private readonly int[] _offsets;

    /// <summary>Lays the file out.</summary>
    public CaptureFile(Model model, ForwardResult result, int[][] ids, IEnumerable<Site> sites)
    {
        _model = model;
        _ids = [.. ids.SelectMany(i => i)];
        _offsets = result.Rows.Offsets;
        foreach (Site site in sites)
        {
            if (SiteCatalog.Info(site.Point).Dimensions is not null)
            {
                _sites.Add((site.Name, result[site]));
                continue;
            }

            for (int s = 0; s < ids.Length; s++)
            {
                _sites.Add((ids.Length == 1 ? site.Name : $"{site.Name}.sequence.{s}", result.AttentionMapOf(site, s)));
            }
        }
    }

    /// <summary>What the file holds.</summary>
    public IEnumerable<(string Name, long[] Shape, long Bytes)> Tensors =>
        _sites.Select(s => (s.Name, ShapeOf(s.Value), s.Value.Bytes))
            .Append(("token_ids", [_ids.Length], _ids.Length * sizeof(int)))
            .Append(("offsets", [_offsets.Length], _offsets.Length * sizeof(int)));

    /// <summary>Writes the file.</summary>
    public void Save(string path, bool npz, string record, IProgress<double> progress)
    {
        if (npz)
        {
            SaveNpz(path, record, progress);
        }
        else
        {
            SaveSafetensors(path, record, progress);
        }
    }

    private static long[] ShapeOf(Tensor value) => [.. value.Shape.ToArray().Select(d => (long)d)];

    private void SaveSafetensors(string path, string record, IProgress<double> progress)
    {
        var writer = new SafetensorsWriter();
        writer.Metadata["weir"] = record;
        writer.Add("token_ids", [_ids.Length], _ids);
        writer.Add("offsets", [_offsets.Length], _offsets);
        double total = Math.Max(1, _sites.Sum(s => s.Value.Bytes));
        long written = 0;
        foreach ((string name, Tensor value) in _sites)
        {
            writer.Add(name, StoredType.F32, ShapeOf(value), stream =>
            {
                // In parts, so that a large tensor is not in memory twice and the writing can be stopped.
                int rows = Math.Max(1, ChunkBytes / Math.Max(1, value.Width * sizeof(float)));
                for (int r = 0; r < value.Rows; r += rows)
                {
                    Tensor part = value.RowRange(r, Math.Min(rows, value.Rows - r));
                    byte[] bytes = new byte[part.Bytes];
                    _model.Device.Read(part, bytes);
                    stream.Write(bytes);
                    progress.Report((written += bytes.Length) / total);
                }
            });
        }

        writer.Save(path);
    }

    private void SaveNpz(string path, string record, IProgress<double> progress)
    {
        var writer = new NpzWriter();
        writer.AddText("weir", record);
        writer.Add("token_ids", [_ids.Length], _ids);
        writer.Add("offsets", [_offsets.Length], _offsets);
        foreach ((string name, Tensor value) in _sites)
        {
            float[] values = _model.Device.Read<float>(value);
            writer.Add(name, ShapeOf(value), values);
            progress.Report(0);
        }

        writer.Save(path);
    }
}
