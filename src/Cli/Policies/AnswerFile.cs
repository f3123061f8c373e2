using System.Text.Json;
using Weir.Analysis.Policies;
using Weir.Cli.Options;
using Weir.Engine;
using Weir.Kernels;

namespace Weir.Cli.Policies;

/// <summary>Answers given as JSON lines: {"prompt": "...", "response": "..."}, other fields unread.</summary>
internal static class AnswerFile
{
    /// <summary>The lines' prompts and responses.</summary>
    public static IReadOnlyList<(string Prompt, string Response)> Read(string file) => [.. PromptSettings.ReadLines(file).Select((line, i) =>
    {
        string place = $"line {i + 1} of {file}";
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            return (Text(json.RootElement, "prompt", place), Text(json.RootElement, "response", place));
        }
        catch (JsonException e)
        {
            throw new WeirException($"{place} is not valid JSON; a line is such as {{\"prompt\": \"2 + 2 =\", \"response\": \" 4\"}}.", e);
        }
    })];

    /// <summary>The tokens of prompts and responses; each is encoded by itself, as a generated answer is.</summary>
    public static IReadOnlyList<PolicySample> Encode(Model model, IReadOnlyList<(string Prompt, string Response)> texts) =>
        [.. texts.Select(t => new PolicySample(model.Encode(t.Prompt), model.Tokenizer.Encode(t.Response, addSpecialTokens: false)))];

    private static string Text(JsonElement line, string name, string place) =>
        line.ValueKind == JsonValueKind.Object && line.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : throw new WeirException($"{place} has no text \"{name}\"; a line is such as {{\"prompt\": \"2 + 2 =\", \"response\": \" 4\"}}.");
}
