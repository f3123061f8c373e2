#!/usr/bin/env python3
"""The works of `weir bench --device cuda` with PyTorch and transformers (5 or later).

    weir bench --device cuda --against pytorch="python3 bench/peers/bench_gpu.py"

Given --serve, reads the name of a case from each line of its input and answers with a line RESULT {json}; given
--case NAME, does one and ends. Random bf16 weights in the same shapes, made on the device. Times are of CUDA events;
single ops are timed with the second-level cache emptied before each call. Where there are several ways of doing a work,
each has a name of its own, so that the strongest one is always among them. --device cpu --shapes tiny shows that
the cases run where there is no GPU.
"""
import argparse
import gc
import json
import resource
import sys
import time

import torch

WARM_UPS = 2
REPETITIONS = 20
TURN_SECONDS = 0.4
TOP_K = 10
LENS_CHUNK = 512
NEURON_CHUNK = 4096
SCRUBBED_BYTES = 256 << 20


class NotAvailable(Exception):
    """What this machine cannot do."""


SHAPES = {
    "llama": {"kind": "llama", "vocab_size": 128256, "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
              "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 131072,
              "rms_norm_eps": 1e-5, "tie_word_embeddings": False},
    "qwen": {"kind": "qwen3", "vocab_size": 151936, "hidden_size": 2560, "intermediate_size": 9728, "num_hidden_layers": 36,
             "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 40960,
             "rms_norm_eps": 1e-6, "tie_word_embeddings": True},
    "gpt2": {"kind": "gpt2", "vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12, "n_head": 12},
}
TINY = {
    "llama": {"vocab_size": 211, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
              "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16},
    "gpt2": {"vocab_size": 211, "n_positions": 64, "n_embd": 64, "n_layer": 2, "n_head": 4},
}
MATRICES = {"qkv": (4096, 6144), "o": (4096, 4096), "up": (4096, 28672), "down": (14336, 4096), "head": (4096, 128256)}


class Bench:
    """The device, the model that is loaded, and the case that is ready."""

    def __init__(self, device, tiny):
        self.device = torch.device(device)
        self.tiny = tiny
        self.cuda = self.device.type == "cuda"
        self.model_name = None
        self.model = None
        self.case = None
        self.work = None
        self.is_op = False
        self.scrubbed = None
        if self.cuda and not torch.cuda.is_available():
            raise NotAvailable("PyTorch sees no CUDA device")

    # -- measuring

    def measure(self, name):
        first = name != self.case
        if first:
            self.prepare(name)
        if self.cuda and first:
            torch.cuda.reset_peak_memory_stats()
        times = []
        with torch.no_grad():
            for _ in range(WARM_UPS if first else 1):
                self.timed()
            while not times or (len(times) < REPETITIONS and sum(times) < TURN_SECONDS):
                times.append(self.timed())
        result = {"median_s": sorted(times)[len(times) // 2] if len(times) % 2 else sum(sorted(times)[len(times) // 2 - 1:][:2]) / 2,
                  "times_s": times,
                  "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        if self.cuda:
            result["peak_device_mib"] = (torch.cuda.max_memory_allocated() - (0 if self.scrubbed is None else self.scrubbed.nbytes)) / 2**20
            torch.cuda.empty_cache()
        return result

    def timed(self):
        if self.is_op:
            self.scrub()
        if not self.cuda:
            start = time.perf_counter()
            self.work()
            return time.perf_counter() - start
        start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        self.work()
        stop.record()
        stop.synchronize()
        return start.elapsed_time(stop) / 1000

    def scrub(self):
        """Empties the caches; it also keeps the device busy while the host queues what is timed."""
        if self.scrubbed is None:
            self.scrubbed = torch.ones((1 << 16 if self.tiny else SCRUBBED_BYTES) // 4, device=self.device)
        half = self.scrubbed.numel() // 2
        self.scrubbed[:half].copy_(self.scrubbed[half:])

    def prepare(self, name):
        self.case = self.work = None
        gc.collect()
        subject, _, work = name.partition(".")
        with torch.no_grad():
            if subject in SHAPES:
                self.is_op = False
                self.work = self.model_work(subject, work)
            else:
                self.is_op = True
                self.drop_model()
                self.work = self.op_work(name)
        self.case = name

    def compiled(self, function, **options):
        if not self.cuda:
            raise NotAvailable("compiled ways are for a GPU")
        torch._dynamo.reset()
        return torch.compile(function, **options)

    # -- models

    def drop_model(self):
        self.model = self.model_name = None
        gc.collect()
        if self.cuda:
            torch.cuda.empty_cache()

    def load(self, name):
        for module in self.model.modules() if self.model_name == name else ():
            module._forward_hooks.clear()
            module._forward_pre_hooks.clear()
        if self.model_name == name:
            return self.model
        self.drop_model()
        from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, Qwen3Config, logging
        logging.set_verbosity_error()
        shape = dict(SHAPES[name])
        kind = shape.pop("kind")
        if self.tiny:
            shape.update(TINY["gpt2" if kind == "gpt2" else "llama"])
        if kind == "gpt2":
            config = GPT2Config(**shape, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)
        else:
            config = {"llama": LlamaConfig, "qwen3": Qwen3Config}[kind](**shape)
        torch.manual_seed(0)
        with torch.device(self.device):
            self.model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16, attn_implementation="sdpa").eval()
        self.model_name = name
        return self.model

    def parts(self, model):
        """The blocks, and in each the norm before its attention, the attention, the norm before its MLP, the MLP; the final norm."""
        if hasattr(model, "transformer"):
            return [(b, b.ln_1, b.attn, b.ln_2, b.mlp) for b in model.transformer.h], model.transformer.ln_f
        return [(b, b.input_layernorm, b.self_attn, b.post_attention_layernorm, b.mlp) for b in model.model.layers], model.model.norm

    def model_work(self, subject, work):
        model = self.load(subject)
        vocabulary = model.config.vocab_size
        tokens = 12 if self.tiny else 512
        ids = torch.randint(0, vocabulary, (1, tokens), generator=torch.Generator().manual_seed(1)).to(self.device)
        if work == "forward":
            return lambda: model(ids, use_cache=False, logits_to_keep=1).logits
        if work == "capture":
            return self.capture(model, ids)
        for lens in ("lens-all", "lens"):
            if work in (f"{lens}-bf16", f"{lens}-f32"):
                return self.lens(model, tokens, lens == "lens-all", work.endswith("f32"))
        if work == "neurons":
            return self.neurons(model)
        if work.startswith("decode-"):
            prompt, new = (3, 4) if self.tiny else (32, 64)
            if work.endswith("-hooked"):
                self.steer(model)
            return (self.decode_graphs if "graphs" in work else self.decode_eager)(model, ids[:, :prompt], new)
        if work == "skip-sweep":
            return self.skip_sweep(model, ids)
        raise NotAvailable(f"no such work as {work}")

    def capture(self, model, ids):
        """Keeps references: transformers makes a new tensor for every residual, so that nothing overwrites them."""
        blocks, final = self.parts(model)
        kept = {}

        def keep(key):
            return lambda _module, inputs: kept.__setitem__(key, inputs[0])
        for i, (_, attention_norm, _, mlp_norm, _) in enumerate(blocks):
            attention_norm.register_forward_pre_hook(keep((i, "pre")))
            mlp_norm.register_forward_pre_hook(keep((i, "mid")))
        final.register_forward_pre_hook(keep("post"))

        def run():
            kept.clear()
            model(ids, use_cache=False, logits_to_keep=1)
            assert len(kept) == 2 * len(blocks) + 1
        return run

    def lens(self, model, tokens, all_layers, f32):
        blocks, norm = self.parts(model)
        layers = len(blocks) if all_layers else 2
        positions = tokens if all_layers else tokens // 2
        width = model.lm_head.weight.shape[1]
        states = torch.randn(layers, positions, width, device=self.device, dtype=torch.bfloat16)
        head = model.lm_head.weight
        if f32:
            head = head.float()
            states = states.float()

        def statistics(logits, reference):
            lp = torch.log_softmax(logits.float(), dim=-1)
            p = lp.exp()
            return lp, -(p * lp).sum(-1), (p * (lp - (lp if reference is None else reference))).sum(-1)
        if self.cuda and not f32:
            statistics = self.compiled(statistics)

        def run():
            rows = []
            for first in range(0, positions, LENS_CHUNK):
                reference = None
                for state in reversed(range(layers)):
                    x = states[state, first:first + LENS_CHUNK]
                    lp, entropy, divergence = statistics(norm(x) @ head.T, reference)
                    reference = lp if reference is None else reference
                    top = torch.topk(lp, TOP_K, dim=-1)
                    rows.append((entropy, divergence, top.values, top.indices))
            return [torch.cat(column).cpu() for column in zip(*rows)]
        return run

    def neurons(self, model):
        blocks, _ = self.parts(model)
        head = model.lm_head.weight
        directions = [b[4].c_proj.weight if hasattr(b[4], "c_proj") else b[4].down_proj.weight.T for b in blocks]  # [neurons, width]

        def run():
            ids = []
            for d in directions:
                for chunk in d.split(NEURON_CHUNK):
                    ids.append(torch.topk(chunk @ head.T, TOP_K, dim=-1).indices)
            return torch.cat(ids).cpu()
        return run

    def steer(self, model):
        blocks, _ = self.parts(model)
        generator = torch.Generator().manual_seed(3)
        width = model.lm_head.weight.shape[1]
        for block, *_ in blocks:
            vector = ((torch.rand(width, generator=generator) - 0.5) * 0.1).to(self.device, torch.bfloat16)

            def add(_module, _inputs, output, vector=vector):
                return (output[0] + vector,) + tuple(output[1:]) if isinstance(output, tuple) else output + vector
            block.register_forward_hook(add)

    def decode_eager(self, model, prompt, new):
        def run():
            out = model(prompt, use_cache=True, logits_to_keep=1)
            token = out.logits[:, -1].argmax(-1, keepdim=True)
            tokens = [token]
            for _ in range(new - 1):
                out = model(token, past_key_values=out.past_key_values, use_cache=True)
                token = out.logits[:, -1].argmax(-1, keepdim=True)
                tokens.append(token)
            return torch.cat(tokens, 1).cpu()
        return run

    def decode_graphs(self, model, prompt, new):
        """A static cache, and a step that is compiled and replayed as a CUDA graph."""
        from transformers import StaticCache
        cache = StaticCache(config=model.config, max_cache_len=prompt.shape[1] + new)

        def one(token):
            return model(token, past_key_values=cache, use_cache=True).logits[:, -1].argmax(-1, keepdim=True)
        step = self.compiled(one, mode="reduce-overhead")

        def run():
            cache.reset()
            token = model(prompt, past_key_values=cache, use_cache=True, logits_to_keep=1).logits[:, -1].argmax(-1, keepdim=True)
            tokens = [token]
            for _ in range(new - 1):
                torch.compiler.cudagraph_mark_step_begin()
                token = step(token).clone()
                tokens.append(token)
            return torch.cat(tokens, 1).cpu()
        return run

    def skip_sweep(self, model, ids):
        blocks, _ = self.parts(model)
        layers = model.transformer.h if hasattr(model, "transformer") else model.model.layers
        body = model.transformer if hasattr(model, "transformer") else model.model
        outs = {}

        def keep(key):
            return lambda _module, _inputs, output: outs.__setitem__(key, output[0] if isinstance(output, tuple) else output)
        for i, (_, _, attention, _, mlp) in enumerate(blocks):
            attention.register_forward_hook(keep((i, 0)))
            mlp.register_forward_hook(keep((i, 1)))

        class Skip(torch.nn.Module):
            def forward(self, x, *_, **__):
                return x
        skip, originals = Skip(), list(layers)
        keys = [(i, k) for i in range(len(originals)) for k in (0, 1)]

        def run():
            body(ids, use_cache=False)
            base = torch.stack([outs[k] for k in keys])
            norms = base.float().norm(dim=-1)
            changes = []
            for s in range(len(originals)):
                layers[s] = skip
                try:
                    body(ids, use_cache=False)
                finally:
                    layers[s] = originals[s]
                later = 2 * (s + 1)
                if later < len(keys):
                    variant = torch.stack([outs[k] for k in keys[later:]])
                    changes.append(((variant - base[later:]).float().norm(dim=-1) / norms[later:]).mean((-1, -2)))
            return torch.cat(changes).cpu()
        return run

    # -- single ops

    def normal(self, *shape, dtype=torch.float32, deviation=1.0):
        return torch.randn(*shape, device=self.device, dtype=dtype) * deviation

    def scaled(self, size):
        return max(16, size // 256) if self.tiny else size

    def op_work(self, name):
        subject, _, rest = name.partition(".")
        if name == "copy":
            x = self.normal(16 if self.tiny else 65536, 4096)
            y = torch.empty_like(x)
            return lambda: y.copy_(x)
        if name == "matrix":
            n = self.scaled(8192)
            return self.product(n, n, n)
        if subject == "product":
            matrix, _, rows = rest.partition("-")
            inputs, outputs = MATRICES[matrix]
            return self.product(min(int(rows), 5) if self.tiny else int(rows), self.scaled(inputs), self.scaled(outputs))
        if subject == "attention":
            length, _, backend = rest.partition("-")
            return self.attention(int(length), backend)
        if name in ("rms-norm", "rms-norm-compiled"):
            x, gain = self.normal(7 if self.tiny else 16384, 4096), self.normal(4096)

            def norm(x, gain):
                return torch.nn.functional.rms_norm(x, (4096,), gain, 1e-5)
            norm = self.compiled(norm) if name.endswith("compiled") else norm
            return lambda: norm(x, gain)
        if name in ("softmax", "softmax-compiled"):
            x = self.normal(6, 100) if self.tiny else self.normal(8192, 16384)

            def softmax(x):
                return torch.softmax(x, -1)
            softmax = self.compiled(softmax) if name.endswith("compiled") else softmax
            return lambda: softmax(x)
        raise NotAvailable(f"no such work as {name}")

    def product(self, rows, inputs, outputs):
        """cuBLAS on bf16 operands with a bf16 result: Weir's operand and result are f32."""
        x = self.normal(rows, inputs, dtype=torch.bfloat16)
        w = self.normal(outputs, inputs, dtype=torch.bfloat16, deviation=0.02)
        return lambda: torch.nn.functional.linear(x, w)

    def attention(self, length, backend):
        from torch.nn.attention import SDPBackend, sdpa_kernel
        tokens, heads, size = 16384, 16, 128
        if self.tiny:
            tokens, heads, size, length = 16, 2, 16, max(1, length // 1024)
        if backend == "cudnn" and not self.cuda:
            raise NotAvailable("cuDNN is for a GPU")
        kind = SDPBackend.CUDNN_ATTENTION if backend == "cudnn" else SDPBackend.FLASH_ATTENTION
        q, k, v = (self.normal(tokens // length, heads, length, size, dtype=torch.bfloat16) for _ in range(3))

        def run():
            with sdpa_kernel(kind):
                return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return run


def answer(bench, name):
    """A case's result; what cannot be done is told apart from what went wrong."""
    try:
        return bench.measure(name)
    except NotAvailable as e:
        return {"missing": f"n/a: {e}"}
    except Exception as e:  # whatever a library throws belongs to the case, not to the run
        return {"missing": f"failed: {type(e).__name__}: {str(e).splitlines()[0] if str(e) else ''}"[:300]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--shapes", default="true", choices=["true", "tiny"])
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--serve", action="store_true")
    group.add_argument("--case")
    arguments = parser.parse_args()
    bench = Bench(arguments.device, arguments.shapes == "tiny")
    names = (line.strip() for line in sys.stdin) if arguments.serve else [arguments.case]
    for name in names:
        print("RESULT " + json.dumps(answer(bench, name)), flush=True)


if __name__ == "__main__":
    main()
