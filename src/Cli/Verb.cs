using System.CommandLine;

namespace Weir.Cli;

/// <summary>One of the program's verbs: its options, its help and its work.</summary>
internal abstract class Verb : Command
{
    /// <summary>Makes a verb.</summary>
    /// <param name="name">What the user types.</param>
    /// <param name="description">What it does, for the list of verbs and the head of its help.</param>
    protected Verb(string name, string description) : base(name, description)
    {
    }

    /// <summary>What the user types to get here: the name, after that of the verb that it is a part of.</summary>
    public string FullName => Parents.OfType<Verb>().FirstOrDefault() is { } whole ? $"{whole.FullName} {Name}" : Name;

    /// <summary>Its options in the groups in which help shows them.</summary>
    public List<(string Title, Option[] Options)> Groups { get; } = [];

    /// <summary>What else help says, paragraph by paragraph; lines that begin with a space stay as they are.</summary>
    public virtual string Notes => "";

    /// <summary>True where its argument may be given several times.</summary>
    public virtual bool TakesMany => true;

    /// <summary>Command lines that work as they stand.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>Does the verb's work.</summary>
    public abstract void Run(Session session);

    /// <summary>Adds options under a title.</summary>
    protected void AddGroup(string title, params Option[] options)
    {
        Groups.Add((title, options));
        foreach (Option option in options)
        {
            Add(option);
        }
    }
}
