"""weir recall: path patching by the four passes, one sender at a time, and direct logit attribution."""
import json

import torch

from .hooked import Hooked, compare, put


class Paths:
    """Path patching by four passes: of texts, the first is the prompt, and those with another topic follow it."""

    def __init__(self, directory, texts, answer):
        self.model = model = Hooked(directory)
        self.ids, self.target = model.encode(texts[0]), model.encode(answer, begin=False)[0]
        self.base, self.others = model.run(self.ids)[1], [model.run(model.encode(text))[1] for text in texts[1:]]
        self.frozen = {(part, l): lambda _, __, value=self.base[part, l]: value for l in range(model.layers) for part in "qkv"}

    def pi(self, seen):
        # In front of a final cap: the logit of the answer less the mean logit, of the last position.
        logits = self.model.norm(seen["resid_pre", self.model.layers][-1]) @ self.model.unembedding.T
        return (logits[self.target] - logits.mean()).item()

    def change(self, receivers, site, layer, columns=slice(None)):
        """Of pi with a sender patched. receivers: [(part, layer, head)]; none for the residual behind the last block."""
        mean = sum(seen[site, layer][-1, columns] for seen in self.others) / len(self.others)
        sender = {(site, layer): put((-1, columns), mean)}
        if not receivers:
            return self.pi(self.model.run(self.ids, {**self.frozen, **sender})[1]) - self.pi(self.base)

        written = {}
        for part, l, head in receivers:
            free = {where: value for where, value in self.frozen.items() if where != (part, l)}
            recorded = self.model.run(self.ids, {**free, **sender})[1][part, l][-1, self.model.head(head)]
            written[part, l] = put((-1, self.model.head(head)), recorded)
        return self.pi(self.model.run(self.ids, written)[1]) - self.pi(self.base)

    def compare(self, what, patch, receivers=()):
        # In logits: a percentage is as large as its pi is small.
        layers, heads = range(self.model.layers), range(self.model.heads)
        logits = lambda percent: torch.tensor(percent) / 100 * self.pi(self.base)
        compare(f"{what} of heads, logits", logits(patch["heads"]),
                [[self.change(receivers, "z", l, self.model.head(h)) for h in heads] for l in layers], 5e-5)
        compare(f"{what} of MLPs, logits", logits(patch["mlps"]), [self.change(receivers, "mlp_out", l) for l in layers], 5e-5)


def read(results):
    return json.loads((results / "result.json").read_text())


@torch.no_grad()
def check_receivers(name, directory, results, texts, answer, receiver):
    paths = Paths(directory, texts, answer)
    if paths.model.config.model_type == "olmo2":
        # A norm of all heads' queries together: whether a head's own is taken before or behind it is a definition of one's own.
        return

    part, heads = receiver.split(":")
    paths.compare(f"{name}: paths to {receiver}", read(results)["patch"], [(part, *map(int, head.split("."))) for head in heads.split(",")])


@torch.no_grad()
def check(name, directory, results, texts, answer):
    paths, result = Paths(directory, texts, answer), read(results)
    model, base = paths.model, paths.base
    compare(f"{name}: pi of the answer", result["patch"]["pi_clean_mean"], paths.pi(base), 1e-5)
    paths.compare(f"{name}: path patching", result["patch"])
    if hasattr(model.blocks[0], "post_feedforward_layernorm"):
        # A norm on what attention gives: how it is shared among heads is a definition of one's own.
        return

    last = base["resid_pre", model.layers][-1]
    scale = (last.pow(2).mean() + model.config.rms_norm_eps).sqrt()
    row = model.norm.weight * (model.unembedding[paths.target] - model.unembedding.mean(0)) / scale
    parts = {part["name"]: part["value"] for part in result["dla"]["parts"]}
    attributed = {f"MLP{l}": base["mlp_out", l][-1] @ row for l in range(model.layers)}
    for l, block in enumerate(model.blocks):
        for h in range(model.heads):
            attributed[f"L{l}H{h}"] = block.self_attn.o_proj.weight[:, model.head(h)] @ base["z", l][-1, model.head(h)] @ row
    compare(f"{name}: direct logit attribution", [parts[k] for k in attributed], [v.item() for v in attributed.values()], 1e-5)
    compare(f"{name}: the parts' sum", sum(parts.values()), paths.pi(base), 1e-4)
