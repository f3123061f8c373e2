"""weir depth: what layers add, what leaving them out does, local effects, erasure."""
import json

import torch
from safetensors.torch import load_file

from .hooked import Hooked, compare, put


def mean_of(tensors):
    return [t.mean().item() for t in tensors]


def cosine(a, b):
    return torch.nn.functional.cosine_similarity(a, b, dim=-1)


def profile(name, model, result, ids):
    _, seen = model.run(ids)
    layers = range(model.layers)
    h = [seen["resid_pre", l] for l in range(model.layers + 1)]
    a, m = [seen["attn_out", l] for l in layers], [seen["mlp_out", l] for l in layers]
    share = lambda x, y: x.norm(dim=-1) / y.norm(dim=-1).clamp(min=1e-6)
    for key, value in {
        "attention_ratio": [share(a[l], h[l]) for l in layers],
        "mlp_ratio": [share(m[l], h[l] + a[l]) for l in layers],
        "layer_ratio": [share(a[l] + m[l], h[l]) for l in layers],
    }.items():
        compare(f"{name}: {key}", result["norms"][key]["mean"], mean_of(value), 1e-5)
    for key, value in {
        "attention_cosine": [cosine(a[l], h[l]) for l in layers],
        "mlp_cosine": [cosine(m[l], h[l] + a[l]) for l in layers],
        "layer_cosine": [cosine(a[l] + m[l], h[l]) for l in layers],
        "residual_cosine": [cosine(h[l], h[l + 1]) for l in layers],
    }.items():
        compare(f"{name}: {key}", result["cosines"][key]["mean"], mean_of(value), 1e-6)
    with torch.no_grad():
        p = [model.capped(model.norm(x) @ model.unembedding.T).log_softmax(-1) for x in h]
    first = [x.topk(5).indices for x in p]
    compare(f"{name}: lens KL", result["lens_kl"]["mean"], mean_of((x.exp() * (x - p[-1])).sum(-1) for x in p), 1e-5)
    compare(f"{name}: lens top 5", result["lens_top5"]["mean"],
            mean_of((x[:, :, None] == first[-1][:, None]).any(-1).double() for x in first), 1e-6)


def effects(name, model, tensors, ids, reach, cases):
    """cases: of each split, the positions left out and the first that is measured."""
    logits, base = model.run(ids)
    layers, p = model.layers, logits.softmax(-1)
    c = [model.contribution(base, l) for l in range(layers)]

    def ratio(layer, changed, first):
        return ((c[layer] - changed)[first:].norm(dim=-1) / c[layer][first:].norm(dim=-1).clamp(min=1e-6)).max()

    for part in ("layer", "attention", "mlp"):
        changes, outputs = torch.zeros(layers, layers), torch.zeros(layers)
        for s in range(layers):
            for out, first in cases:
                if part == "layer":
                    change = {("resid_pre", s + 1): lambda x, seen: put(out, seen["resid_pre", s][out])(x, seen)}
                else:
                    change = {("attn_out" if part == "attention" else "mlp_out", s): put(out, 0)}
                changed, seen = model.run(ids, change)
                changes[s, s] = max(changes[s, s], ratio(s, seen["resid_pre", s + 1] - seen["resid_pre", s], first))
                for l in range(s + 1, layers):
                    changes[s, l] = max(changes[s, l], ratio(l, model.contribution(seen, l), first))
                outputs[s] = max(outputs[s], (changed.softmax(-1) - p)[first:].norm(dim=-1).max())
        compare(f"{name}: effects of leaving out each {part}, {reach}", tensors[f"effects.{part}.{reach}.max"], changes, 1e-5)
        compare(f"{name}: their effects on the output", tensors[f"output_effects.{part}.{reach}.max"][:, 0], outputs, 5e-6)

    local = torch.zeros(layers, layers)
    for l in range(layers):
        for s in range(l):
            for out, first in cases:
                # One evaluation of the layer on another input; what lies before it does not matter.
                _, seen = model.run(ids, {("resid_pre", l): put(out, (base["resid_pre", l] - c[s])[out])})
                local[s, l] = max(local[s, l], ratio(l, model.contribution(seen, l), first))
    compare(f"{name}: local effects, {reach}", tensors[f"local_effects.{reach}.max"], local, 1e-5)


def erasure(name, model, tensors, ids):
    logits, base = model.run(ids)
    p, mine = logits[-1].softmax(-1), tensors["erasure.0"]
    erased = torch.zeros(mine.shape)
    for l in range(mine.shape[0]):
        for i in range(mine.shape[1]):
            changed, _ = model.run(ids, {("resid_pre", l): put(i, base["resid_pre", l].mean(0))})
            erased[l, i] = (changed[-1].softmax(-1) - p).norm()
    compare(f"{name}: residual erasure", mine, erased, 5e-6)


def check(name, directory, results, ids):
    model, tensors = Hooked(directory), load_file(results / "tensors.safetensors")
    result = json.loads((results / "result.json").read_text())
    profile(name, model, result, ids)
    effects(name, model, tensors, ids, "all_positions", [(slice(1, None), 0)])
    effects(name, model, tensors, ids, "future", [(slice(1, split), split) for split in result["prompts"][0]["splits"]])
    erasure(name, model, tensors, ids)
