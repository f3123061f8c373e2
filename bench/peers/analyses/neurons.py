"""weir neurons map: every up row through the unembedding."""
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from .hooked import compare


@torch.no_grad()
def check(name, directory, results):
    model, tensors = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float64), load_file(results / "tensors.safetensors")
    unembedding, gpt2 = model.get_output_embeddings().weight, hasattr(model, "transformer")
    blocks, norm = (model.transformer.h, model.transformer.ln_f) if gpt2 else (model.model.layers, model.model.norm)
    up = torch.cat([b.mlp.c_fc.weight.T if gpt2 else b.mlp.up_proj.weight for b in blocks])
    centred = up - up.mean(1, keepdim=True) if gpt2 else up
    gain = norm.weight + (1 if model.config.model_type == "gemma2" else 0)
    scale = up.shape[1] ** 0.5
    full = centred * scale / centred.norm(dim=1, keepdim=True) * gain + (norm.bias if gpt2 else 0)
    for kind, rows in (("none", up), ("scale", up * scale / up.norm(dim=1, keepdim=True)), ("full", full)):
        logits = rows @ unembedding.T
        compare(f"{name}: log-sum-exp of every neuron, norm {kind}", tensors[f"lse_{kind}"].flatten(), logits.logsumexp(1), 5e-5)
    compare(f"{name}: first token of every neuron, norm full", tensors["top_ids"].flatten(0, 1)[:, 0], logits.argmax(1), 0)
