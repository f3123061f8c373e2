using System.Globalization;
using Weir.Engine;
using Weir.Engine.Checkpoints;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Depth;

/// <summary>
/// A Llama-shaped checkpoint whose tensors a test writes itself; what it does not write is 0. With an epsilon of 1 and small
/// residuals the norms are the identity, and with a gate bias of 30 the MLP is linear: down (30 up x).
/// </summary>
internal sealed class ToyModel : IDisposable
{
    public const int Heads = 2;

    private readonly string _directory = Directory.CreateTempSubdirectory("weir-toy-").FullName;
    private readonly Dictionary<string, float[]> _tensors = new(StringComparer.Ordinal);

    public ToyModel(int layers, int width, int neurons, int vocabulary, double epsilon = 1)
    {
        (Layers, Width, Neurons, Vocabulary, Epsilon) = (layers, width, neurons, vocabulary, epsilon);
        _tensors["model.embed_tokens.weight"] = new float[vocabulary * width];
        _tensors["lm_head.weight"] = new float[vocabulary * width];
        _tensors["model.norm.weight"] = Filled(width, 1);
        for (int l = 0; l < layers; l++)
        {
            this[l, "input_layernorm.weight"] = Filled(width, 1);
            this[l, "post_attention_layernorm.weight"] = Filled(width, 1);
            foreach (string name in (string[])["q", "k", "v", "o"])
            {
                this[l, $"self_attn.{name}_proj.weight"] = new float[width * width];
            }

            this[l, "mlp.gate_proj.weight"] = new float[neurons * width];
            this[l, "mlp.up_proj.weight"] = new float[neurons * width];
            this[l, "mlp.down_proj.weight"] = new float[width * neurons];
            this[l, "mlp.gate_proj.bias"] = Filled(neurons, 30);
            this[l, "mlp.up_proj.bias"] = new float[neurons];
            this[l, "mlp.down_proj.bias"] = new float[width];
        }
    }

    public int Layers { get; }

    public int Width { get; }

    public int Neurons { get; }

    public int Vocabulary { get; }

    public double Epsilon { get; }

    /// <summary>Rows of the embedding, [vocabulary, width].</summary>
    public float[] Embedding => _tensors["model.embed_tokens.weight"];

    /// <summary>Rows of the unembedding, [vocabulary, width].</summary>
    public float[] Head => _tensors["lm_head.weight"];

    /// <summary>A tensor of a layer, [outputs, inputs].</summary>
    public float[] this[int layer, string name]
    {
        get => _tensors[string.Create(CultureInfo.InvariantCulture, $"model.layers.{layer}.{name}")];
        set => _tensors[string.Create(CultureInfo.InvariantCulture, $"model.layers.{layer}.{name}")] = value;
    }

    /// <summary>Writes normal numbers.</summary>
    public static void Randomize(float[] values, Random random, double deviation)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(Math.Tau * random.NextDouble()));
        }
    }

    /// <summary>Fills every matrix with normal numbers, the ordinary random model.</summary>
    public ToyModel Random(int seed)
    {
        var random = new Random(seed);
        foreach ((string name, float[] values) in _tensors.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            if (name.EndsWith("bias", StringComparison.Ordinal))
            {
                Array.Clear(values);
            }
            else if (!name.Contains("norm", StringComparison.Ordinal))
            {
                Randomize(values, random, name.StartsWith("model.embed", StringComparison.Ordinal) ? 1 : 0.2);
            }
        }

        return this;
    }

    /// <summary>Writes the checkpoint and loads it.</summary>
    public Model Load(IDevice device, bool stream = false)
    {
        var writer = new SafetensorsWriter();
        foreach ((string name, float[] values) in _tensors)
        {
            int rows = name.EndsWith("bias", StringComparison.Ordinal) || name.Contains("norm", StringComparison.Ordinal) ? 0
                : name.Contains("mlp.gate", StringComparison.Ordinal) || name.Contains("mlp.up", StringComparison.Ordinal) ? Neurons
                : name.Contains("layers", StringComparison.Ordinal) ? Width
                : Vocabulary;
            writer.Add(name, rows == 0 ? [values.Length] : [rows, values.Length / rows], values);
        }

        writer.Save(Path.Combine(_directory, "model.safetensors"));
        File.WriteAllText(Path.Combine(_directory, "config.json"), string.Create(CultureInfo.InvariantCulture, $$"""
            {
              "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": {{Width}},
              "intermediate_size": {{Neurons}}, "num_hidden_layers": {{Layers}}, "num_attention_heads": {{Heads}}, "num_key_value_heads": {{Heads}},
              "vocab_size": {{Vocabulary}}, "max_position_embeddings": 128, "rms_norm_eps": {{Epsilon}}, "rope_theta": 10000.0,
              "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": true, "bos_token_id": null, "eos_token_id": null
            }
            """));
        return Model.Load(_directory, new LoadOptions { Device = device, StreamWeights = stream });
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static float[] Filled(int count, float value)
    {
        float[] values = new float[count];
        Array.Fill(values, value);
        return values;
    }
}
