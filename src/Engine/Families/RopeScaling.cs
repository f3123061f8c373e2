namespace Weir.Engine.Families;

/// <summary>
/// The rules that make rotary frequencies: f_i = theta^(-2i/D), then per rule as transformers does. In binary64, rounded
/// once; transformers computes in binary32, which differs in the last bit of some frequencies.
/// </summary>
public static class RopeScaling
{
    /// <summary>No scaling.</summary>
    public static RopeSpec Default(int dimensions, double theta) => Spec("default", theta, Base(dimensions, theta));

    /// <summary>All frequencies divided by a factor.</summary>
    public static RopeSpec Linear(int dimensions, double theta, double factor) =>
        Spec("linear", theta, [.. Base(dimensions, theta).Select(f => f / factor)]);

    /// <summary>
    /// Llama 3.1: wavelengths under originalContext / highFactor stay, those over originalContext / lowFactor are
    /// multiplied by the factor, those between are blended.
    /// </summary>
    public static RopeSpec Llama3(
        int dimensions, double theta, double factor, double lowFactor, double highFactor, double originalContext)
    {
        double[] frequencies = Base(dimensions, theta);
        for (int i = 0; i < frequencies.Length; i++)
        {
            double f = frequencies[i], turns = originalContext * f / (2 * Math.PI);
            double smooth = Math.Clamp((turns - lowFactor) / (highFactor - lowFactor), 0, 1);
            frequencies[i] = (1 - smooth) * f / factor + smooth * f;
        }

        return Spec("llama3", theta, frequencies);
    }

    /// <summary>
    /// YaRN (arXiv 2309.00071): fast dimensions stay, slow ones are divided by the factor, a ramp between. The ramp counts
    /// pairs although its ends are computed in dimensions, as in every implementation.
    /// </summary>
    public static RopeSpec Yarn(int dimensions, double theta, YarnParameters yarn)
    {
        ArgumentNullException.ThrowIfNull(yarn);
        double low = Dimension(yarn.BetaFast), high = Dimension(yarn.BetaSlow);
        if (yarn.Truncate)
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, dimensions - 1));
        if (low == high)
            high += 0.001;
        double[] frequencies = Base(dimensions, theta);
        for (int i = 0; i < frequencies.Length; i++)
        {
            double ramp = Math.Clamp((i - low) / (high - low), 0, 1);
            frequencies[i] = frequencies[i] / yarn.Factor * ramp + frequencies[i] * (1 - ramp);
        }

        return Spec("yarn", theta, frequencies) with { Magnitude = (float)yarn.Magnitude };

        double Dimension(double turns) =>
            dimensions * Math.Log(yarn.OriginalContext / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));
    }

    private static double[] Base(int dimensions, double theta)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 2);
        ArgumentOutOfRangeException.ThrowIfNotEqual(dimensions % 2, 0, nameof(dimensions));
        double[] frequencies = new double[dimensions / 2];
        for (int i = 0; i < frequencies.Length; i++)
            frequencies[i] = Math.Pow(theta, -2.0 * i / dimensions);
        return frequencies;
    }

    private static RopeSpec Spec(string rule, double theta, double[] frequencies) => new()
    {
        Dimensions = 2 * frequencies.Length,
        Frequencies = [.. frequencies.Select(f => (float)f)],
        Rule = rule,
        Theta = theta,
    };
}
