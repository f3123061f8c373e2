using System.Globalization;
using Weir.Engine;
using Weir.Engine.Checkpoints;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Neurons;

/// <summary>
/// A random Llama-shaped model, written as a checkpoint and loaded from it: 2 layers, width 64, 128 neurons, untied, gains 1,
/// rows of the unembedding of length 1. <see cref="Plant"/> puts a neuron that writes a token into its last layer.
/// </summary>
internal sealed class PlantedModel : IDisposable
{
    public const int Layers = 2, Width = 64, Neurons = 128, Vocabulary = 257;

    /// <summary>The prompt that the planted neuron is made for.</summary>
    public static readonly int[] Prompt = [17, 80, 3, 201, 44];

    private readonly string _directory = Directory.CreateTempSubdirectory("weir-planted-").FullName;

    /// <summary>Makes a model.</summary>
    /// <param name="device">Where it runs.</param>
    /// <param name="seed">Draws its body.</param>
    /// <param name="headSeed">Draws its unembedding.</param>
    /// <param name="change">Changes a tensor, by its name in the checkpoint, before it is written.</param>
    /// <param name="type">As what the weights are stored.</param>
    public PlantedModel(IDevice device, int seed = 1, int headSeed = 7, Action<string, float[]>? change = null, StoredType type = StoredType.F32)
    {
        Write(seed, headSeed, change ?? ((_, _) => { }), type);
        Model = Model.Load(_directory, new LoadOptions { Device = device });
    }

    public Model Model { get; }

    /// <summary>The neuron, when it has been planted.</summary>
    public (int Layer, int Index, int Token) Planted { get; private set; }

    /// <summary>
    /// A neuron whose up row and down column are a token's row and whose gate row is the MLP's input at the prompt's end, so
    /// that it fires there and writes the token; a negative gate closes it.
    /// </summary>
    public void Plant(int index = 77, bool negativeGate = false)
    {
        const int Layer = Layers - 1;
        float[] x = Read(Model.Forward(Prompt, new HookSet().Capture(Site.Parse($"blocks.{Layer}.ln2.hook_normalized"))), Site.Parse($"blocks.{Layer}.ln2.hook_normalized"))[^Width..];
        float[] tokens = Tokens(Model);
        int token = Enumerable.Range(0, Vocabulary).First(v => Dot(tokens.AsSpan(v * Width, Width), x) > 0.5);
        double length = Math.Sqrt(Dot(x, x));
        float[] row = tokens[(token * Width)..((token + 1) * Width)];
        Model.Vectors.Replace(new MlpVector(Layer, MlpMatrix.Up, index), row);
        Model.Vectors.Replace(new MlpVector(Layer, MlpMatrix.Gate, index), [.. x.Select(v => (float)(v / length) * (negativeGate ? -1 : 1))]);
        Model.Vectors.Replace(new MlpVector(Layer, MlpMatrix.Down, index), row);
        Planted = (Layer, index, token);
    }

    /// <summary>The unembedding's rows, or the embedding's, [vocabulary, width].</summary>
    public static float[] Tokens(Model model, Engine.Lens.LensBasis basis = Engine.Lens.LensBasis.Unembedding)
    {
        using var memory = new Arena(model.Device);
        Tensor rows = memory.Allocate(new Shape(model.Spec.VocabularySize, model.Spec.Width));
        model.Vectors.ReadTokens(basis, [.. Enumerable.Range(0, model.Spec.VocabularySize)], rows);
        return Host(model, rows);
    }

    /// <summary>Vectors of a layer, [neurons, width].</summary>
    public static float[] Vectors(Model model, MlpMatrix matrix, int layer)
    {
        using var memory = new Arena(model.Device);
        Tensor rows = memory.Allocate(new Shape(model.Spec.Mlp.Width, model.Spec.Width));
        model.Vectors.Read(matrix, layer, 0, rows);
        return Host(model, rows);
    }

    /// <summary>Logits of a text's last token.</summary>
    public float[] Logits(params ReadOnlySpan<int> tokens)
    {
        using ForwardResult run = Model.Forward(tokens.ToArray(), options: new ForwardOptions { Logits = LogitRows.Last });
        return Host(Model, run.Logits);
    }

    public static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }

        return sum;
    }

    public static float[] Host(Model model, Tensor tensor)
    {
        return model.Device.Read<float>(tensor);
    }

    public void Dispose()
    {
        Model.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private float[] Read(ForwardResult run, Site site)
    {
        using (run)
        {
            return Host(Model, run[site]);
        }
    }

    private void Write(int seed, int headSeed, Action<string, float[]> change, StoredType type)
    {
        var random = new Random(seed);
        var head = new Random(headSeed);
        var writer = new SafetensorsWriter();
        void Add(string name, Random r, double deviation, params long[] shape)
        {
            float[] values = new float[shape.Aggregate((a, b) => a * b)];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = shape.Length == 1 ? 1 : (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - r.NextDouble())) * Math.Cos(Math.Tau * r.NextDouble()));
            }

            for (int row = 0; row < values.Length && name == "lm_head.weight"; row += Width)
            {
                double length = Math.Sqrt(Dot(values.AsSpan(row, Width), values.AsSpan(row, Width)));
                for (int i = row; i < row + Width; i++)
                {
                    values[i] /= (float)length;
                }
            }

            change(name, values);
            writer.Add(name, shape, values, type);
        }

        Add("model.embed_tokens.weight", random, 1, Vocabulary, Width);
        Add("lm_head.weight", head, 1, Vocabulary, Width);
        Add("model.norm.weight", random, 1, Width);
        for (int l = 0; l < Layers; l++)
        {
            string block = string.Create(CultureInfo.InvariantCulture, $"model.layers.{l}.");
            Add(block + "input_layernorm.weight", random, 1, Width);
            Add(block + "post_attention_layernorm.weight", random, 1, Width);
            Add(block + "self_attn.q_proj.weight", random, 0.125, Width, Width);
            Add(block + "self_attn.k_proj.weight", random, 0.125, Width / 2, Width);
            Add(block + "self_attn.v_proj.weight", random, 0.125, Width / 2, Width);
            Add(block + "self_attn.o_proj.weight", random, 0.125, Width, Width);
            Add(block + "mlp.gate_proj.weight", random, 0.125, Neurons, Width);
            Add(block + "mlp.up_proj.weight", random, 0.125, Neurons, Width);
            Add(block + "mlp.down_proj.weight", random, 0.09, Width, Neurons);
        }

        writer.Save(Path.Combine(_directory, "model.safetensors"));
        File.WriteAllText(Path.Combine(_directory, "config.json"), $$"""
            {
              "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": {{Width}},
              "intermediate_size": {{Neurons}}, "num_hidden_layers": {{Layers}}, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16,
              "vocab_size": {{Vocabulary}}, "max_position_embeddings": 128, "rms_norm_eps": 1e-05, "rope_theta": 10000.0,
              "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false, "bos_token_id": null, "eos_token_id": null
            }
            """);
    }
}
