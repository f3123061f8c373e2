using Weir.Engine.Checkpoints;
using Weir.Kernels.Ops;

namespace Weir.Engine.Families;

/// <summary>A family: reads its config.json into a <see cref="ModelSpec"/> and names its weights.</summary>
internal abstract class ModelFamily
{
    /// <summary>config.json's model_type.</summary>
    public abstract string ModelType { get; }

    /// <summary>Values of config.json's architectures that are this language model.</summary>
    public abstract IReadOnlyList<string> Architectures { get; }

    /// <summary>True where the family's texts begin with the begin token.</summary>
    public virtual bool BeginsTexts => false;

    /// <summary>The begin token where config.json is silent.</summary>
    public virtual int? DefaultBeginToken => null;

    /// <summary>The end token where config.json is silent.</summary>
    public virtual int? DefaultEndToken => null;

    /// <summary>Keys that would change the result and are not supported, besides those of every family.</summary>
    public virtual IReadOnlyList<string> RefusedKeys => [];

    /// <summary>Ends of tensor names that old checkpoints have and no forward pass needs.</summary>
    public virtual IReadOnlyList<string> Buffers => [".rotary_emb.inv_freq"];

    /// <summary>Whole name of the output head without ".weight".</summary>
    public virtual string Head => "lm_head";

    /// <summary>Reads config.json; tokens are the registry's part.</summary>
    public abstract ModelSpec ReadSpec(ConfigReader config);

    /// <summary>Names the weights and checks their shapes.</summary>
    public abstract ModelSource ReadSource(ModelSpec spec, ConfigReader config, TensorCatalog tensors);

    /// <summary>What the user should know about weights of these types, or null.</summary>
    public virtual string? Warning(IReadOnlySet<StoredType> types) => null;

    /// <summary>The nonlinearity under its name in transformers.</summary>
    protected static Activation ReadActivation(ConfigReader config, string key, string fallback) =>
        (config.Text(key) ?? fallback) switch
        {
            "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" or "gelu_python_tanh" or "gelu_accurate" => Activation.GeluTanh,
            "gelu" or "gelu_python" => Activation.GeluErf,
            "relu" => Activation.Relu,
            "silu" or "swish" => Activation.Silu,
            string other => throw config.Unsupported(key, $"is '{CheckpointException.Shown(other)}'"),
        };

    /// <summary>An epsilon: above 0, at most 1.</summary>
    protected static float ReadEpsilon(ConfigReader config, string key, double fallback)
    {
        double epsilon = config.Positive(key, fallback);
        return epsilon <= 1 && (float)epsilon > 0 ? (float)epsilon : throw config.OutOfRange(key, $"is {epsilon}, over 1 or too small");
    }

    /// <summary>Size of a head where nothing states it: width / heads.</summary>
    protected static int HeadSize(ConfigReader config, string key, int width, int heads) => width % heads == 0
        ? width / heads
        : throw config.OutOfRange(key, $"is {heads}, which does not divide the width {width}");
}
