namespace Weir.Analysis.Recall;

/// <summary>Something known of something.</summary>
/// <param name="Topic">Of what, such as France.</param>
/// <param name="Answer">What, such as Paris.</param>
public sealed record Fact(string Topic, string Answer);
