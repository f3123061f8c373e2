using System.Globalization;

namespace Weir.Kernels.Tests;

/// <summary>Comparisons of a result with a reference, mostly one computed in f64.</summary>
public static class Oracle
{
    /// <summary>
    /// Fails unless |actual - expected| is at most absolute + relative |expected| everywhere. NaN and infinities must
    /// be where the reference has them.
    /// </summary>
    public static void Within(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double absolute, double relative, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        int worst = -1;
        double worstExcess = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double e = expected[i];
            double excess = Error(e, actual[i]) / (absolute + (relative * (double.IsFinite(e) ? Math.Abs(e) : 0)));
            if (double.IsNaN(excess))
            {
                excess = 0; // 0 / 0: no error where none is allowed.
            }

            if (excess > worstExcess)
            {
                worstExcess = excess;
                worst = i;
            }
        }

        if (worstExcess > 1)
        {
            Fail(what, worst, expected[worst], actual[worst], $"{worstExcess:G4} times the bound of {absolute:G3} + {relative:G3} |expected|");
        }
    }

    /// <summary>Fails unless |actual - expected| is at most a bound of each element's own.</summary>
    public static void Within(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, ReadOnlySpan<double> bounds, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Error(expected[i], actual[i]);
            if (error > bounds[i])
            {
                Fail(what, i, expected[i], actual[i], $"off by {error:G4}, where {bounds[i]:G4} is the bound");
            }
        }
    }

    /// <summary>Fails unless the normed mean squared error, sum (a - e)^2 / sum e^2, is at most the bound.</summary>
    public static void NmseWithin(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double bound, string what)
    {
        double nmse = Nmse(expected, actual);
        Assert.True(nmse <= bound, string.Create(CultureInfo.InvariantCulture, $"{what}: the NMSE is {nmse:G4}, above {bound:G3}."));
    }

    /// <summary>sum (a - e)^2 / sum e^2.</summary>
    public static double Nmse(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double error = 0;
        double scale = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            error += Math.Pow(Error(expected[i], actual[i]), 2);
            scale += double.IsFinite(expected[i]) ? expected[i] * expected[i] : 0;
        }

        return error == 0 ? 0 : error / scale;
    }

    /// <summary>Largest |a - e|.</summary>
    public static double MaxAbsolute(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Error(expected[i], actual[i]));
        }

        return largest;
    }

    /// <summary>Fails where a bit differs, NaN payloads aside.</summary>
    public static void SameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i])
                || (float.IsNaN(expected[i]) && float.IsNaN(actual[i]));
            if (!same)
            {
                Fail(what, i, expected[i], actual[i], "the bits must be the same");
            }
        }
    }

    /// <summary>
    /// Fails unless a row's bits are its own: run(tensors, start, count) gives the results of those rows, and must give
    /// the same for all rows at once, for one row alone, for a few, with other numbers of threads, and a second time. Where a
    /// device's rows do not stand alone, values may differ by the bound with the number of rows, and by nothing else.
    /// </summary>
    public static void RowsStandAlone(string device, int rows, Func<TestTensors, int, int, float[]> run, double bound = 0)
    {
        float[] whole;
        using (var t = new TestTensors(device))
        {
            whole = run(t, 0, rows);
            int width = whole.Length / rows;
            foreach ((int start, int count) in new[] { (0, rows), (0, 1), (rows / 2, 1), (rows - 1, 1), (rows / 3, Math.Min(5, rows - (rows / 3))) })
            {
                ReadOnlySpan<float> expected = whole.AsSpan(start * width, count * width);
                float[] actual = run(t, start, count);
                string what = $"{device}, rows {start} to {start + count - 1} alone";
                if (count == rows || bound == 0 || Devices.RowsStandAlone(device))
                {
                    SameBits(expected, actual, what);
                }
                else
                {
                    Within(Array.ConvertAll(expected.ToArray(), v => (double)v), actual, bound, 0, what);
                }
            }
        }

        foreach (string sibling in Devices.Siblings(device))
        {
            using var t = new TestTensors(sibling);
            SameBits(whole, run(t, 0, rows), $"{sibling} against {device}");
        }
    }

    /// <summary>
    /// Fails where NaN or infinities in one row of an input change another row of the result: run gives the result for
    /// an input of so many rows.
    /// </summary>
    public static void BadRowsStayAlone(string device, int rows, float[] input, Func<TestTensors, float[], float[]> run)
    {
        const int Bad = 1;
        using var t = new TestTensors(device);
        float[] clean = run(t, input);
        float[] spoiled = [.. input];
        int width = input.Length / rows;
        for (int i = 0; i < width; i++)
        {
            spoiled[(Bad * width) + i] = (i % 3) switch { 0 => float.NaN, 1 => float.PositiveInfinity, _ => float.NegativeInfinity };
        }

        float[] result = run(t, spoiled);
        int resultWidth = result.Length / rows;
        int after = (Bad + 1) * resultWidth;
        SameBits(clean.AsSpan(0, Bad * resultWidth), result.AsSpan(0, Bad * resultWidth), $"{device}, rows before a bad one");
        SameBits(clean.AsSpan(after), result.AsSpan(after), $"{device}, rows after a bad one");
    }

    private static double Error(double expected, float actual)
    {
        if (double.IsNaN(expected) || double.IsNaN(actual))
        {
            return double.IsNaN(expected) && double.IsNaN(actual) ? 0 : double.PositiveInfinity;
        }

        return double.IsInfinity(expected) && expected == actual ? 0 : Math.Abs(actual - expected);
    }

    private static void Fail(string what, int index, double expected, double actual, string why) =>
        Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{what}: element {index} is {actual:G9}, expected {expected:G17}: {why}."));
}
