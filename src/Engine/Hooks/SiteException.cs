using Weir.Kernels;

namespace Weir.Engine.Hooks;

/// <summary>A site that does not exist, that a model does not have, or an edit that cannot act there.</summary>
public sealed class SiteException : WeirException
{
    /// <summary>Makes an error about a site.</summary>
    public SiteException(string site, string message) : base(message) => SiteName = site;

    /// <summary>The site as the user named it.</summary>
    public string SiteName { get; }
}
