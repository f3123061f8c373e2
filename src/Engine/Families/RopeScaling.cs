namespace Weir.Engine.Families;

/// <summary>
/// The rules that make rotary frequencies: f_i = theta^(-2i/D), then per rule as transformers does. Each step is rounded to
/// binary32 where transformers rounds it: a frequency that is off by one last bit turns position 2000 by 1e-4 radians.
/// </summary>
public static class RopeScaling
{
    /// <summary>No scaling.</summary>
    /// <param name="dimensions">D. Where it is odd, one dimension more turns, as in transformers.</param>
    /// <param name="theta">The base.</param>
    public static RopeSpec Default(int dimensions, double theta) => Spec("default", theta, Base(dimensions, theta));

    /// <summary>All frequencies divided by a factor.</summary>
    public static RopeSpec Linear(int dimensions, double theta, double factor) =>
        Spec("linear", theta, [.. Base(dimensions, theta).Select(f => f / (float)factor)]);

    /// <summary>
    /// Llama 3.1: wavelengths under originalContext / highFactor stay, those over originalContext / lowFactor are
    /// multiplied by the factor, those between are blended.
    /// </summary>
    public static RopeSpec Llama3(
        int dimensions, double theta, double factor, double lowFactor, double highFactor, double originalContext)
    {
        float[] frequencies = Base(dimensions, theta);
        for (int i = 0; i < frequencies.Length; i++)
        {
            float f = frequencies[i], wavelength = 1 / f * (float)(2 * Math.PI);
            if (wavelength > (float)(originalContext / lowFactor))
            {
                frequencies[i] = f / (float)factor;
            }
            else if (wavelength >= (float)(originalContext / highFactor))
            {
                float smooth = (1 / wavelength * (float)originalContext - (float)lowFactor) / (float)(highFactor - lowFactor);
                frequencies[i] = (1 - smooth) * f / (float)factor + smooth * f;
            }
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
        float[] frequencies = Base(dimensions, theta);
        for (int i = 0; i < frequencies.Length; i++)
        {
            float kept = 1 - Math.Clamp((i - (float)low) / (float)(high - low), 0, 1);
            float divided = 1 / ((float)yarn.Factor * Power(dimensions, theta, i));
            frequencies[i] = divided * (1 - kept) + frequencies[i] * kept;
        }

        return Spec("yarn", theta, frequencies) with { Magnitude = (float)yarn.Magnitude };

        double Dimension(double turns) =>
            dimensions * Math.Log(yarn.OriginalContext / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));
    }

    private static float[] Base(int dimensions, double theta)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        float[] frequencies = new float[(dimensions + 1) / 2];
        for (int i = 0; i < frequencies.Length; i++)
            frequencies[i] = 1 / Power(dimensions, theta, i);
        return frequencies;
    }

    private static float Power(int dimensions, double theta, int i) => (float)Math.Pow((float)theta, 2f * i / dimensions);

    private static RopeSpec Spec(string rule, double theta, float[] frequencies) => new()
    {
        Dimensions = 2 * frequencies.Length,
        Frequencies = frequencies,
        Rule = rule,
        Theta = theta,
    };
}
