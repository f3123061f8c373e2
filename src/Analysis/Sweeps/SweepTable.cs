using System.Globalization;
using Weir.Engine.Checkpoints;
using Weir.Engine.Sweeps;

namespace Weir.Analysis.Sweeps;

/// <summary>Cells as files that other programs read.</summary>
public static class SweepTable
{
    /// <summary>One line a number: prompt, variant, name of the variant, measure, layer (empty at the output), value.</summary>
    public static void WriteCsv(TextWriter writer, IEnumerable<SweepCell> cells)
    {
        writer.Write("prompt,variant,name,measure,layer,value\n");
        foreach (SweepCell cell in cells)
        {
            foreach (SweepValue v in cell.Values)
            {
                string layer = v.Layer < 0 ? "" : v.Layer.ToString(CultureInfo.InvariantCulture);
                writer.Write(string.Create(CultureInfo.InvariantCulture, $"{cell.Prompt},{cell.Variant},{Quoted(cell.Name)},{v.Name},{layer},{v.Value:R}\n"));
            }
        }
    }

    /// <summary>
    /// One array a measure: [prompts, variants, layers], or [prompts, variants] at the output; NaN where nothing was measured.
    /// </summary>
    public static void WriteNpz(string path, SweepDescription sweep, IReadOnlyCollection<SweepCell> cells)
    {
        var writer = new NpzWriter();
        writer.AddText("variants", string.Join('\n', sweep.Variants.Select(v => v.Name)));
        int layers = 1 + cells.SelectMany(c => c.Values).Select(v => v.Layer).DefaultIfEmpty(-1).Max();
        int prompts = sweep.Prompts.Count, variants = sweep.Variants.Count;
        foreach (string name in cells.SelectMany(c => c.Values).Select(v => v.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            bool atOutput = cells.SelectMany(c => c.Values).First(v => v.Name == name).Layer < 0;
            int width = atOutput ? 1 : layers;
            float[] values = new float[prompts * variants * width];
            Array.Fill(values, float.NaN);
            foreach (SweepCell cell in cells)
            {
                foreach (SweepValue v in cell.Values.Where(v => v.Name == name))
                {
                    values[(((cell.Prompt * variants) + cell.Variant) * width) + Math.Max(v.Layer, 0)] = (float)v.Value;
                }
            }

            writer.Add(name, atOutput ? [prompts, variants] : [prompts, variants, layers], values);
        }

        writer.Save(path);
    }

    private static string Quoted(string text) => text.AsSpan().IndexOfAny("\",\n\r") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
