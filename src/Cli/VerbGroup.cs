namespace Weir.Cli;

/// <summary>A verb that has verbs of its own and does nothing by itself.</summary>
internal abstract class VerbGroup : Verb
{
    /// <summary>Makes a verb of verbs.</summary>
    protected VerbGroup(string name, string description, params ReadOnlySpan<Verb> parts) : base(name, description)
    {
        foreach (Verb part in parts)
        {
            Add(part);
        }
    }

    /// <inheritdoc/>
    public sealed override void Run(Session session) => throw new UsageException(UsageErrors.MissingPart(this));
}
