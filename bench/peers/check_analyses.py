#!/usr/bin/env python3
"""Weir's analyses against the same definitions written with PyTorch hooks in float64, number by number.

check-analyses runs both. Every difference is printed beside what is allowed; a larger one ends with exit code 1.
"""
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

failed = False


def compare(what, mine, theirs, allowed):
    global failed
    difference = (torch.as_tensor(mine).double() - torch.as_tensor(theirs).double()).abs().max().item()
    failed |= not difference <= allowed
    print(f"{what:52} {difference:9.1e}  allowed {allowed:.0e}{'' if difference <= allowed else '  FAILED'}")


class Hooked:
    """A decoder whose sublayers' contributions are read and changed with forward hooks."""

    def __init__(self, directory):
        self.model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float64, attn_implementation="eager")
        self.blocks = self.model.model.layers
        self.sandwich = hasattr(self.blocks[0], "post_feedforward_layernorm")
        self.attention = [b.post_attention_layernorm if self.sandwich else b.self_attn for b in self.blocks]
        self.mlp = [b.post_feedforward_layernorm if self.sandwich else b.mlp for b in self.blocks]

    def run(self, ids, skip=None, erase=None, frozen=None, sender=None):
        """skip: (part, layer, positions); erase: (boundary, position, vector); frozen: q, k, v of a run; sender: (kind,
        layer, columns or None, vector) written at the last position. Gives logits and what flowed."""
        seen, handles = {"a": {}, "m": {}, "h": {}, "z": {}, "qkv": {}}, []

        def keep(kind, part, layer):
            def hook(_, __, output):
                x = (output[0] if isinstance(output, tuple) else output).clone()
                if skip and skip[:2] == (part, layer):
                    x[:, skip[2]] = 0
                if sender and sender[:2] == (part, layer) and sender[2] is None:
                    x[:, -1] = sender[3]
                seen[kind][layer] = x[0]
                return (x, *output[1:]) if isinstance(output, tuple) else x
            return hook

        def boundary(layer):
            def hook(_, args):
                x = args[0].clone()
                if erase and erase[0] == layer:
                    x[:, erase[1]] = erase[2]
                seen["h"][layer] = x[0]
                return (x, *args[1:])
            return hook

        def leave_out(layer):
            def hook(_, __, output):
                x = (output[0] if isinstance(output, tuple) else output).clone()
                if skip and skip[:2] == ("layer", layer):
                    x[:, skip[2]] = seen["h"][layer][skip[2]]
                return (x, *output[1:]) if isinstance(output, tuple) else x
            return hook

        def projection(key):
            return lambda _, __, output: seen["qkv"].setdefault(key, output) if frozen is None else frozen[key]

        def heads(layer):
            def hook(_, args):
                x = args[0].clone()
                seen["z"][layer] = x[0].clone()
                if sender and sender[:2] == ("head", layer):
                    x[:, -1, sender[2]] = sender[3]
                return (x, *args[1:])
            return hook

        for l, block in enumerate(self.blocks):
            handles += [self.attention[l].register_forward_hook(keep("a", "attention", l)),
                        self.mlp[l].register_forward_hook(keep("m", "mlp", l)),
                        block.register_forward_pre_hook(boundary(l)), block.register_forward_hook(leave_out(l)),
                        block.self_attn.o_proj.register_forward_pre_hook(heads(l))]
            handles += [getattr(block.self_attn, p + "_proj").register_forward_hook(projection((p, l))) for p in "qkv"]
        handles.append(self.model.model.norm.register_forward_pre_hook(boundary(len(self.blocks))))
        with torch.no_grad():
            logits = self.model(ids).logits[0]
        for handle in handles:
            handle.remove()
        return logits, seen


def ratio(c, changed):
    return ((c - changed).norm(dim=-1) / c.norm(dim=-1).clamp(min=1e-6)).max()


def depth(name, directory, results, ids):
    hooked, t, n = Hooked(directory), load_file(results / "tensors.safetensors"), len(ids)
    layers, ids, all_but_first = len(hooked.blocks), torch.tensor([ids]), list(range(1, n))
    logits, base = hooked.run(ids)
    p, c = logits.softmax(-1), [base["a"][l] + base["m"][l] for l in range(layers)]
    for part in ("layer", "attention", "mlp"):
        effects, outputs = torch.zeros(layers, layers), torch.zeros(layers)
        for s in range(layers):
            changed, seen = hooked.run(ids, skip=(part, s, all_but_first))
            effects[s, s] = ratio(c[s], seen["h"][s + 1] - seen["h"][s])
            for l in range(s + 1, layers):
                effects[s, l] = ratio(c[l], seen["a"][l] + seen["m"][l])
            outputs[s] = (changed.softmax(-1) - p).norm(dim=-1).max()
        compare(f"{name}: effects of leaving out each {part}", t[f"effects.{part}.all_positions.max"], effects, 5e-6)
        compare(f"{name}: their effects on the output", t[f"output_effects.{part}.all_positions.max"][:, 0], outputs, 5e-6)

    local = torch.zeros(layers, layers)
    for l in range(layers):
        for s in range(l):
            # One evaluation of the layer on another input; what lies before it does not matter.
            changed = hooked.run(ids, erase=(l, all_but_first, (base["h"][l] - c[s])[1:]))[1]
            local[s, l] = ratio(c[l], changed["a"][l] + changed["m"][l])
    compare(f"{name}: local effects", t["local_effects.all_positions.max"], local, 5e-6)

    erased = torch.zeros(layers + 1, n)
    for l in range(layers + 1):
        for i in range(n):
            q = hooked.run(ids, erase=(l, i, base["h"][l].mean(0)))[0][-1].softmax(-1)
            erased[l, i] = (q - p[-1]).norm()
    compare(f"{name}: residual erasure", t["erasure.0"], erased, 5e-6)


def recall(directory, results):
    hooked, result = Hooked(directory), json.loads((results / "result.json").read_text())
    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    begin = hooked.model.config.bos_token_id
    encode = lambda text: torch.tensor([[begin if begin is not None else 0, *tokenizer.encode(text, add_special_tokens=False).ids]])
    answer = tokenizer.encode(" P", add_special_tokens=False).ids[0]
    pi = lambda logits: (logits[-1, answer] - logits[-1].mean()).item()
    ids = encode("The capital of France is")
    logits, base = hooked.run(ids)
    others = [hooked.run(encode(f"The capital of {country} is"))[1] for country in ("Italy", "Spain")]
    heads = hooked.model.config.num_attention_heads
    size = hooked.blocks[0].self_attn.o_proj.weight.shape[1] // heads
    compare("recall: pi of the answer", result["patch"]["pi_clean_mean"], pi(logits), 5e-5)
    score = lambda sender: 100 * (pi(hooked.run(ids, frozen=base["qkv"], sender=sender)[0]) / pi(logits) - 1)
    mean = lambda kind, l: sum(seen[kind][l][-1] for seen in others) / len(others)
    scores = [[score(("head", l, slice(h * size, (h + 1) * size), mean("z", l)[h * size:(h + 1) * size])) for h in range(heads)]
              for l in range(len(hooked.blocks))]
    compare("recall: path patching of heads, percent", result["patch"]["heads"], scores, 1e-3)
    compare("recall: path patching of MLPs, percent", result["patch"]["mlps"],
            [score(("mlp", l, None, mean("m", l))) for l in range(len(hooked.blocks))], 1e-3)

    unembedding, norm = hooked.model.lm_head.weight, hooked.model.model.norm
    scale = (base["h"][len(hooked.blocks)][-1].pow(2).mean() + hooked.model.config.rms_norm_eps).sqrt()
    row = norm.weight * (unembedding[answer] - unembedding.mean(0)) / scale
    parts = {part["name"]: part["value"] for part in result["dla"]["parts"]}
    attributed = {f"MLP{l}": base["m"][l][-1] @ row for l in range(len(hooked.blocks))}
    for l, block in enumerate(hooked.blocks):
        for h in range(heads):
            columns = slice(h * size, (h + 1) * size)
            attributed[f"L{l}H{h}"] = block.self_attn.o_proj.weight[:, columns] @ base["z"][l][-1, columns] @ row
    compare("recall: direct logit attribution", [parts[k] for k in attributed], [v.item() for v in attributed.values()], 1e-5)
    compare("recall: the parts' sum", sum(parts.values()), pi(logits), 1e-4)


def neurons(name, directory, results):
    model, t = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float64), load_file(results / "tensors.safetensors")
    unembedding, gpt2 = model.get_output_embeddings().weight, hasattr(model, "transformer")
    blocks, norm = (model.transformer.h, model.transformer.ln_f) if gpt2 else (model.model.layers, model.model.norm)
    up = torch.cat([b.mlp.c_fc.weight.T if gpt2 else b.mlp.up_proj.weight for b in blocks]).detach()
    centred = up - up.mean(1, keepdim=True) if gpt2 else up
    gain = norm.weight + (1 if "gemma" in name else 0)
    scale = up.shape[1] ** 0.5
    full = centred * scale / centred.norm(dim=1, keepdim=True) * gain + (norm.bias if gpt2 else 0)
    for kind, rows in (("none", up), ("scale", up * scale / up.norm(dim=1, keepdim=True)), ("full", full)):
        logits = (rows @ unembedding.T).detach()
        compare(f"{name}: log-sum-exp of every neuron, norm {kind}", t[f"lse_{kind}"].flatten(), logits.logsumexp(1), 5e-5)
    compare(f"{name}: first token of every neuron, norm full", t["top_ids"].flatten(0, 1)[:, 0], logits.argmax(1), 0)


if __name__ == "__main__":
    work, ids = Path(sys.argv[1]), json.loads(sys.argv[2])
    for fixture in ("llama3", "gemma2"):
        depth(fixture, work / "models" / fixture, work / f"depth-{fixture}", ids)
    for fixture in ("llama3", "gemma2", "gpt2"):
        neurons(fixture, work / "models" / fixture, work / f"neurons-{fixture}")
    recall(work / "models" / "demo", work / "recall")
    sys.exit(failed)
