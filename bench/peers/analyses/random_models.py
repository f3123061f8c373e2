"""Small models of random weights, one a family, that no fixture is like: heads whose sizes do not add up to the width,
grouped keys, windows shorter than the prompts, tied and untied heads, caps that bite."""
import torch
from transformers import AutoConfig, AutoModelForCausalLM

SHAPE = {
    "hidden_size": 72, "num_hidden_layers": 5, "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 16,
    "intermediate_size": 136, "vocab_size": 1024, "max_position_embeddings": 256, "bos_token_id": 0, "eos_token_id": 0,
    "pad_token_id": None, "initializer_range": 0.15,
}
FAMILIES = {
    "llama": {"tie_word_embeddings": False},
    "qwen3": {"tie_word_embeddings": True},
    "mistral": {"sliding_window": 7},
    "olmo2": {"num_key_value_heads": 6, "head_dim": 12},
    "gemma2": {"sliding_window": 6, "query_pre_attn_scalar": 20, "final_logit_softcapping": 12.0, "attn_logit_softcapping": 9.0},
}


def make(directory, seed):
    for number, (family, own) in enumerate(FAMILIES.items()):
        torch.manual_seed(seed + number)
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **{**SHAPE, **own}))
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if "norm" in name:
                    parameter.add_(0.3 * torch.randn_like(parameter))
        model.save_pretrained(directory / family)
