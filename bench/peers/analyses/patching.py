"""weir sweep --variants patch: activations of one prompt put into another, at every layer, head and position."""
import csv
import re

from .hooked import Hooked, compare, put

# What log-probabilities may differ by; they reach 20.
MOST = 2e-5


def change(model, name, clean, corrupted):
    """The hooks that do what a variant's name says, such as blocks.2.attn.hook_z[3]@4."""
    layer, site, head, position = re.fullmatch(r"blocks\.(\d+)\.(?:attn\.)?hook_(\w+?)(?:\[(\d+)\])?@(\d+)", name).groups()
    l, p, h = int(layer), int(position), None if head is None else int(head)
    if site == "resid_mid":
        mid = clean["resid_pre", l][p] + clean["attn_out", l][p]
        return {("attn_out", l): put(p, mid - corrupted["resid_pre", l][p])}
    if site == "pattern":
        shared = model.heads // model.config.num_key_value_heads
        values = corrupted["v", l][:, model.head(h // shared)]
        return {("z", l): put((p, model.head(h)), clean["pattern", l][h, p] @ values)}
    columns = slice(None) if h is None else model.head(h)
    return {(site, l): put((p, columns), clean[site, l][p, columns])}


def check(name, directory, results, site, texts, targets):
    """texts: the clean and the corrupted prompt."""
    model = Hooked(directory)
    ids = model.encode(texts[1])
    clean, (logits, corrupted) = model.run(model.encode(texts[0]))[1], model.run(ids)
    targets = [model.encode(target, begin=False)[0] for target in targets]
    base, variants = logits.log_softmax(-1), {}
    for row in csv.DictReader(results.open()):
        if not row["measure"].startswith(("attn_out", "mlp_out")):
            variants.setdefault(row["name"], {})[row["measure"]] = float(row["value"])
    mine, theirs = [], []
    for variant, measured in variants.items():
        p = model.run(ids, change(model, variant, clean, corrupted))[0].log_softmax(-1)
        mine += [measured["output.kl.max"], *(measured[f"target{i}.log_probability_change"] for i in range(len(targets)))]
        theirs += [(base.exp() * (base - p)).sum(-1).max().item(), *((p - base)[-1, t].item() for t in targets)]
    compare(f"{name}: patching {site}, {len(variants)} places", mine, theirs, MOST)
