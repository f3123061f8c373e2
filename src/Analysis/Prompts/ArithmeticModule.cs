namespace Weir.Analysis.Prompts;

/// <summary>Kinds of question of <see cref="ArithmeticPrompts"/>, named as in DeepMind's mathematics data set.</summary>
public enum ArithmeticModule
{
    /// <summary>add_or_sub: two whole numbers or decimals.</summary>
    AddOrSub,

    /// <summary>add_or_sub_in_base: two whole numbers in a base from 2 to 16.</summary>
    AddOrSubInBase,

    /// <summary>add_sub_multiple: sums and differences of many whole numbers.</summary>
    AddSubMultiple,

    /// <summary>mul: a product of two whole numbers or decimals.</summary>
    Mul,

    /// <summary>div: a quotient of two whole numbers, as a fraction in lowest terms.</summary>
    Div,

    /// <summary>mul_div_multiple: products and quotients of many numbers.</summary>
    MulDivMultiple,

    /// <summary>mixed: all four operations.</summary>
    Mixed,

    /// <summary>nearest_integer_root: a root rounded to a whole number.</summary>
    NearestIntegerRoot,

    /// <summary>simplify_surd: an expression with square roots, to be written as a + b*sqrt(n).</summary>
    SimplifySurd,
}
