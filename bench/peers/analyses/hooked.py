"""A decoder of transformers in float64 whose values are read and changed by forward hooks, and the comparison."""
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

failed = []


def compare(what, mine, theirs, allowed):
    """Prints the largest difference beside what is allowed."""
    difference = (torch.as_tensor(mine).double() - torch.as_tensor(theirs).double()).abs().max().item()
    good = difference <= allowed
    failed.extend([] if good else [what])
    print(f"{what:62} {difference:9.1e}  allowed {allowed:.0e}{'' if good else '  FAILED'}")


class Hooked:
    """Sites, each of a layer: resid_pre [n, d] (of layer L: what the final norm reads), q, k, v, z, attn_out and mlp_out as
    added to the residual, and pattern, [heads, n, n], which is only read."""

    def __init__(self, directory):
        self.model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float64, attn_implementation="eager").eval()
        self.config, self.blocks = self.model.config, self.model.model.layers
        self.layers, self.heads = len(self.blocks), self.config.num_attention_heads
        self.norm, self.unembedding = self.model.model.norm, self.model.lm_head.weight.detach()
        self.size = self.blocks[0].self_attn.o_proj.weight.shape[1] // self.heads
        self.cap = getattr(self.config, "final_logit_softcapping", None)
        path = directory / "tokenizer.json"
        self.tokenizer = Tokenizer.from_file(str(path)) if path.exists() else None
        # Families that put a token in front of every text.
        self.begin = [self.config.bos_token_id or 0] if self.config.model_type in ("llama", "mistral", "gemma2") else []

    def encode(self, text, begin=True):
        return (self.begin if begin else []) + self.tokenizer.encode(text, add_special_tokens=False).ids

    def head(self, number):
        """The columns of z, or of k and v, that are a head's."""
        return slice(number * self.size, (number + 1) * self.size)

    def capped(self, logits):
        return self.cap * torch.tanh(logits / self.cap) if self.cap else logits

    def contribution(self, seen, layer):
        return seen["attn_out", layer] + seen["mlp_out", layer]

    def mlp_norm(self, block):
        """The norm that the MLP reads through, or None."""
        kind = self.config.model_type
        return None if kind == "olmo2" else block.pre_feedforward_layernorm if kind == "gemma2" else block.post_attention_layernorm

    def attention_norm(self, block):
        return None if self.config.model_type == "olmo2" else block.input_layernorm

    @torch.no_grad()
    def run(self, ids, changes=None):
        """Logits [n, vocabulary], and {(site, layer): value}; changes: {(site, layer): f(value, seen) that gives the new one}."""
        changes, seen, handles = changes or {}, {}, []

        def meet(site, layer, x):
            value = x[0]
            if (site, layer) in changes:
                value = changes[site, layer](value.clone(), seen)
            seen[site, layer] = value
            return value[None]

        def before(module, site, layer):
            handles.append(module.register_forward_pre_hook(lambda _, args: (meet(site, layer, args[0]), *args[1:])))

        def after(module, site, layer):
            def hook(_, __, output):
                return (meet(site, layer, output[0]), *output[1:]) if isinstance(output, tuple) else meet(site, layer, output)
            handles.append(module.register_forward_hook(hook))

        for l, block in enumerate(self.blocks):
            sandwich = hasattr(block, "post_feedforward_layernorm")
            before(block, "resid_pre", l)
            before(block.self_attn.o_proj, "z", l)
            after(block.post_attention_layernorm if sandwich else block.self_attn, "attn_out", l)
            after(block.post_feedforward_layernorm if sandwich else block.mlp, "mlp_out", l)
            for part in "qkv":
                after(getattr(block.self_attn, part + "_proj"), part, l)
        before(self.norm, "resid_pre", self.layers)
        output = self.model(torch.tensor([ids]), output_attentions=True, use_cache=False)
        for handle in handles:
            handle.remove()
        seen.update({("pattern", l): pattern[0] for l, pattern in enumerate(output.attentions)})
        return output.logits[0], seen


def put(where, value):
    """A change that writes a value to some positions, or to [positions, columns]."""
    def change(x, _):
        x[where] = value
        return x
    return change
