namespace Weir.Analysis.Recall;

/// <summary>How prompts are changed so that they no longer ask for the answer.</summary>
public enum FactCorruption
{
    /// <summary>Another topic, drawn for each prompt.</summary>
    Topic,

    /// <summary>Another relation's noun in the place of the relation's.</summary>
    Relation,

    /// <summary>Without the carrier in front; prompts that have none are left out.</summary>
    Carrier,

    /// <summary>One topic for all prompts; prompts about it take the next.</summary>
    OneTopic,
}
