using Weir.Analysis.Statistics;

namespace Weir.Analysis.Recall;

/// <summary>Evidence that a head carries the topic to the end: it writes the topic the more, the more it looks at it.</summary>
/// <param name="Layer">Its block.</param>
/// <param name="Head">The head.</param>
/// <param name="Attention">[prompts]: attention probability from END to the topic's last token.</param>
/// <param name="Write">[prompts]: &lt;what the head writes at END, u of the topic&gt;.</param>
/// <param name="Correlation">Pearson's r of the two over prompts, resampled by item; NaN where one of them does not vary.</param>
public sealed record MoverHead(int Layer, int Head, double[] Attention, double[] Write, Estimate Correlation);
