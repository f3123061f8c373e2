using System.Globalization;
using Weir.Engine.Hooks;

namespace Weir.Cli.Edits;

/// <summary>Reads edits as the command line gives them: SITE=VALUE@part@part.</summary>
internal static class EditParser
{
    /// <summary>Reads one edit.</summary>
    /// <param name="option">Which, such as --add.</param>
    /// <param name="text">Its value.</param>
    /// <param name="vectors">Where vectors come from.</param>
    public static EditRequest Parse(string option, string text, VectorFiles vectors)
    {
        (string rest, EditTarget target) = EditTarget.Split(option, text);
        int equals = rest.IndexOf('=');
        string name = equals < 0 ? rest : rest[..equals];
        string? value = equals < 0 ? null : rest[(equals + 1)..];
        bool wantsValue = option is not ("--zero" or "--skip");
        if (name.Length == 0 || wantsValue != value is not null)
        {
            throw new UsageException(wantsValue
                ? $"{option} must be {Form(option)}, not '{text}'."
                : $"{option} takes a site and no value, so '{text}' cannot be meant.");
        }

        Site site = Site.Parse(name);
        float[] coefficients = [1];
        Edit edit;
        switch (option)
        {
            case "--scale":
                coefficients = Numbers(value!) ?? throw new UsageException($"{option} must be {Form(option)}, not '{text}'.");
                edit = Edit.Scale(site, coefficients[0]);
                break;
            case "--zero":
                edit = Edit.Zero(site);
                break;
            case "--skip":
                edit = Edit.Skip(site);
                break;
            case "--clamp":
                (float low, float high) = Bounds(value!) ?? throw new UsageException($"{option} must be {Form(option)}, not '{text}'.");
                edit = Edit.Clamp(site, low, high);
                break;
            case "--replace":
                edit = Edit.Replace(site, vectors.Read(value!));
                break;
            default:
                (string file, coefficients) = SplitCoefficients(value!);
                float[] vector = vectors.Read(file);
                edit = option == "--add" ? Edit.Add(site, vector) : Edit.ProjectOut(site, vector);
                break;
        }

        edit = edit with { Coefficients = coefficients, Columns = target.Columns.Range, Head = target.Head, Sequences = target.Sequences };
        return new EditRequest($"{option} {text}", edit, target.Positions);
    }

    private static string Form(string option) => option switch
    {
        "--add" or "--project-out" => "SITE=FILE or SITE=FILE:FACTOR",
        "--replace" => "SITE=FILE",
        "--clamp" => "SITE=LOW:HIGH with LOW at most HIGH",
        _ => "SITE=FACTOR",
    };

    private static (string File, float[] Coefficients) SplitCoefficients(string value)
    {
        int colon = value.LastIndexOf(':');
        return colon > 0 && Numbers(value[(colon + 1)..]) is { } coefficients ? (value[..colon], coefficients) : (value, [1]);
    }

    private static (float Low, float High)? Bounds(string value)
    {
        int colon = value.IndexOf(':');
        if (colon < 0 || value.Length == 1)
        {
            return null;
        }

        float? low = colon == 0 ? float.NegativeInfinity : Number(value[..colon]);
        float? high = colon == value.Length - 1 ? float.PositiveInfinity : Number(value[(colon + 1)..]);
        return low <= high ? (low.Value, high.Value) : null;
    }

    private static float[]? Numbers(string value)
    {
        string[] words = value.Split(',');
        float[] numbers = new float[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (Number(words[i]) is not { } number)
            {
                return null;
            }

            numbers[i] = number;
        }

        return numbers;
    }

    private static float? Number(string text) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number) ? number : null;
}
