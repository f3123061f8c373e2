namespace Weir.Engine.Hooks;

/// <summary>The caller's own code on a live value.</summary>
/// <param name="context">The value and where it is.</param>
public delegate void TapHandler(TapContext context);
