namespace Weir.Analysis.Statistics;

/// <summary>A mean with the interval in which it lies with 95 % confidence.</summary>
/// <param name="Mean">The mean; NaN of nothing.</param>
/// <param name="Low">Lower end of the interval; NaN where there are fewer than two values.</param>
/// <param name="High">Upper end of it.</param>
/// <param name="Count">Values that it is the mean of.</param>
public readonly record struct Estimate(double Mean, double Low, double High, int Count);
