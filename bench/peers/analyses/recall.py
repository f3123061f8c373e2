"""weir recall: path patching by the four passes, one sender at a time, and direct logit attribution."""
import json

import torch

from .hooked import Hooked, compare, put


@torch.no_grad()
def check(name, directory, results, texts, answer):
    """texts: the prompt, then those with another topic."""
    model, result = Hooked(directory), json.loads((results / "result.json").read_text())
    ids, target = model.encode(texts[0]), model.encode(answer, begin=False)[0]
    base, others = model.run(ids)[1], [model.run(model.encode(text))[1] for text in texts[1:]]

    def pi(seen):
        # In front of a final cap: the logit of the answer less the mean logit, of the last position.
        logits = model.norm(seen["resid_pre", model.layers][-1]) @ model.unembedding.T
        return (logits[target] - logits.mean()).item()

    frozen = {(part, l): lambda _, __, value=base[part, l]: value for l in range(model.layers) for part in "qkv"}

    def score(site, layer, columns=slice(None)):
        mean = sum(seen[site, layer][-1, columns] for seen in others) / len(others)
        changed = model.run(ids, {**frozen, (site, layer): put((-1, columns), mean)})[1]
        return pi(changed) - pi(base)

    # In logits: a percentage is as large as its pi is small.
    logits = lambda percent: torch.tensor(percent) / 100 * pi(base)
    compare(f"{name}: pi of the answer", result["patch"]["pi_clean_mean"], pi(base), 1e-5)
    compare(f"{name}: path patching of heads, logits", logits(result["patch"]["heads"]),
            [[score("z", l, model.head(h)) for h in range(model.heads)] for l in range(model.layers)], 5e-5)
    compare(f"{name}: path patching of MLPs, logits", logits(result["patch"]["mlps"]), [score("mlp_out", l) for l in range(model.layers)], 5e-5)
    if hasattr(model.blocks[0], "post_feedforward_layernorm"):
        # A norm on what attention gives: how it is shared among heads is a definition of one's own.
        return

    last = base["resid_pre", model.layers][-1]
    scale = (last.pow(2).mean() + model.config.rms_norm_eps).sqrt()
    row = model.norm.weight * (model.unembedding[target] - model.unembedding.mean(0)) / scale
    parts = {part["name"]: part["value"] for part in result["dla"]["parts"]}
    attributed = {f"MLP{l}": base["mlp_out", l][-1] @ row for l in range(model.layers)}
    for l, block in enumerate(model.blocks):
        for h in range(model.heads):
            attributed[f"L{l}H{h}"] = block.self_attn.o_proj.weight[:, model.head(h)] @ base["z", l][-1, model.head(h)] @ row
    compare(f"{name}: direct logit attribution", [parts[k] for k in attributed], [v.item() for v in attributed.values()], 1e-5)
    compare(f"{name}: the parts' sum", sum(parts.values()), pi(base), 1e-4)
