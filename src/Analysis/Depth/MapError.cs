namespace Weir.Analysis.Depth;

/// <summary>How a map does at a token.</summary>
/// <param name="Source">State that it maps from.</param>
/// <param name="Target">State that it maps to.</param>
/// <param name="Norm">|h|, at least 1e-6, of the true state h.</param>
/// <param name="Distance">|h - f|, f what the map makes.</param>
/// <param name="FromMean">|h - mean of the fitted text|.</param>
internal readonly record struct MapError(int Source, int Target, double Norm, double Distance, double FromMean);
