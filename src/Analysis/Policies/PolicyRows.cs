namespace Weir.Analysis.Policies;

/// <summary>Whose states stand for an answer.</summary>
public enum PolicyRows
{
    /// <summary>Those of its tokens, as the authors' script takes them: the policies of what follows each.</summary>
    Response,

    /// <summary>Those one position earlier, from which its tokens were drawn: the policies of the paper's ratio.</summary>
    Predicting,
}
