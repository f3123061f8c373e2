namespace Weir.Analysis.Recall;

/// <summary>What was found of a task.</summary>
/// <param name="Baseline">The model as it is.</param>
/// <param name="WithoutBegin">The same without the token in front of the text; null where the family puts none.</param>
/// <param name="InContext">The answers that counter-factual sentences give, as the model expects prompts; null without such sentences.</param>
/// <param name="Value">[prompts]: what patching is measured by, clean.</param>
/// <param name="Attribution">pi of the answer taken apart.</param>
/// <param name="Patching">Path patching of every head and MLP.</param>
/// <param name="Movers">The largest heads.</param>
/// <param name="Fits">MLPs from the first of these heads' layer on, explained by heads; empty where there are too few prompts.</param>
/// <param name="Intercepts">Of each fit, its intercept; null where the fit has no answer.</param>
/// <param name="Chosen">The fit that is told in full, or null.</param>
/// <param name="Final">The last block.</param>
public sealed record RecallResult(
    RecallBaseline Baseline, RecallBaseline? WithoutBegin, RecallBaseline? InContext, double[] Value, DirectAttribution Attribution, PathPatchingResult Patching,
    IReadOnlyList<MoverHead> Movers, IReadOnlyList<MlpRegressionResult> Fits, IReadOnlyList<Intercept?> Intercepts, MlpRegressionResult? Chosen, FinalLayerResult Final);
