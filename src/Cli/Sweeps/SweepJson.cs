using System.Text.Json;
using Weir.Analysis.Sweeps;
using Weir.Cli.Reports;
using Weir.Engine.Sweeps;

namespace Weir.Cli.Sweeps;

/// <summary>A sweep's cells as JSON.</summary>
internal static class SweepJson
{
    /// <summary>Writes prompts, variants and every number of every cell; layer -1 is the output.</summary>
    public static void Write(Utf8JsonWriter json, SweepDescription description, IReadOnlyList<SweepCell> cells)
    {
        JsonNumbers.Write(json, "prompts", description.Prompts.Select(p => p.Text ?? p.Tokens));
        json.WriteStartArray("variants");
        foreach (SweepVariant variant in description.Variants)
        {
            json.WriteStartObject();
            json.WriteString("name", variant.Name);
            json.WriteString("edits", variant.Edits);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("cells");
        foreach (SweepCell cell in cells)
        {
            json.WriteStartObject();
            json.WriteNumber("prompt", cell.Prompt);
            json.WriteString("variant", cell.Name);
            json.WriteStartArray("values");
            foreach ((string name, int layer, double value) in cell.Values)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteNumber("layer", layer);
                json.WritePropertyName("value");
                JsonNumbers.Write(json, value);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
