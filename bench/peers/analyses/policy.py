"""weir policy: entropies of internal policies."""
import json

import torch

from .depth import cosine
from .hooked import Hooked, compare

# What a measure is allowed to differ by.
MOST = 1e-5


def measures(model, mode, prompt, answer):
    """{(measure, layer): mean over the answer's tokens}"""
    ids, rows = prompt + answer, slice(len(prompt), None)
    logits, seen = model.run(ids)
    own = logits[rows].log_softmax(-1)
    last = seen["resid_pre", model.layers][rows]
    scale = (last.pow(2).mean(-1, keepdim=True) + model.config.rms_norm_eps).sqrt()
    gain = model.norm.weight + (1 if model.config.model_type == "gemma2" else 0)

    def policy(x):
        x = x if mode == "none" else model.norm(x) if mode == "recomputed" else x / scale * gain
        logits = x @ model.unembedding.T
        return (logits if mode == "none" else model.capped(logits)).log_softmax(-1)

    def entropy(x):
        return -(policy(x).exp() * policy(x)).sum(-1).mean().item()

    def divergence(x):
        return (policy(x).exp() * (policy(x) - own)).sum(-1).mean().item()

    values = {}
    for l, block in enumerate(model.blocks):
        x, a, m = (seen[site, l][rows] for site in ("resid_pre", "attn_out", "mlp_out"))
        read = lambda norm, state: state if norm is None else norm(state)
        for key, value in {
            "H_layer_input": entropy(x), "H_attn_input": entropy(read(model.attention_norm(block), x)), "H_attn": entropy(a),
            "H_ffn_input": entropy(read(model.mlp_norm(block), x + a)), "H_ffn": entropy(m), "H_layer": entropy(x + a + m),
            "kl_layer": divergence(x + a + m), "kl_attn": divergence(a), "kl_ffn": divergence(m),
            "cos_attn": cosine(a, x).mean().item(), "cos_ffn": cosine(m, x + a).mean().item(),
        }.items():
            values[key, l] = value
    return values


@torch.no_grad()
def check(name, directory, results, mode, answers):
    model, result = Hooked(directory), json.loads((results / "result.json").read_text())
    each = [measures(model, mode, model.encode(a["prompt"]), model.encode(a["response"], begin=False)) for a in answers]
    keys = list(each[0])
    compare(f"{name}: policies, norm {mode}", [result["layers"][l][key] for key, l in keys],
            [sum(values[key] for values in each) / len(each) for key in keys], MOST)
