namespace Weir.Analysis.Neurons;

/// <summary>Random directions; the same seed gives the same.</summary>
internal sealed class GaussianRows(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>Fills with independent normal numbers of variance 1.</summary>
    public void Fill(Span<float> values)
    {
        for (int i = 0; i < values.Length; i += 2)
        {
            // Box and Muller 1958: two normal numbers of two even ones.
            double radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
            (double sin, double cos) = Math.SinCos(Math.Tau * _random.NextDouble());
            values[i] = (float)(radius * cos);
            if (i + 1 < values.Length)
            {
                values[i + 1] = (float)(radius * sin);
            }
        }
    }

    /// <summary>Rows of given lengths in even directions, [lengths, width].</summary>
    public float[] WithNorms(ReadOnlySpan<float> lengths, int width)
    {
        float[] rows = new float[lengths.Length * width];
        Fill(rows);
        for (int i = 0; i < lengths.Length; i++)
        {
            Span<float> row = rows.AsSpan(i * width, width);
            double squares = 0;
            foreach (float x in row)
            {
                squares += (double)x * x;
            }

            float factor = (float)(lengths[i] / Math.Sqrt(squares));
            for (int j = 0; j < width; j++)
            {
                row[j] *= factor;
            }
        }

        return rows;
    }
}
