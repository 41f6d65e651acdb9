"""A GGUF file of the Qwen2 family as a torch model, its weights unpacked to ``WIDTH``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from transformers import Qwen2Config, Qwen2ForCausalLM

from assistant.errors import ModelCorrupt
from assistant.tuning.width import HALF_WIDTH

WIDTH = torch.bfloat16 if HALF_WIDTH else torch.float32
_OUTER = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
INNER = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}


def qwen2(path: Path) -> Any:
    """The model in ``path``, ready for training beside it; raises ModelCorrupt for other families."""
    reader = GGUFReader(path)
    config = _config(reader, path)
    weights = {
        _name(tensor.name): torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).copy()).to(
            WIDTH
        )
        for tensor in reader.tensors
    }
    weights.setdefault("lm_head.weight", weights["model.embed_tokens.weight"])
    with torch.device("meta"):
        model = Qwen2ForCausalLM(config)
    model.load_state_dict(weights, assign=True, strict=True)
    return _with_rotation(model, config).requires_grad_(False)


def _with_rotation(model: Any, config: Any) -> Any:
    """The rotary table is computed, not stored: made anew where ``meta`` left a shell."""
    model.model.rotary_emb = type(model.model.rotary_emb)(config=config)
    return model


def _config(reader: GGUFReader, path: Path) -> Any:
    def get(name: str) -> Any:
        field = reader.fields.get(name)
        if field is None:
            raise ModelCorrupt(f"{path.name} has no {name}: only Qwen2 models can be trained here")
        return field.contents()

    return Qwen2Config(
        vocab_size=len(get("tokenizer.ggml.tokens")),
        hidden_size=get("qwen2.embedding_length"),
        intermediate_size=get("qwen2.feed_forward_length"),
        num_hidden_layers=get("qwen2.block_count"),
        num_attention_heads=get("qwen2.attention.head_count"),
        num_key_value_heads=get("qwen2.attention.head_count_kv"),
        rms_norm_eps=get("qwen2.attention.layer_norm_rms_epsilon"),
        rope_parameters={"rope_type": "default", "rope_theta": get("qwen2.rope.freq_base")},
        tie_word_embeddings=False,
        attn_implementation="sdpa",
    )


def _name(gguf: str) -> str:
    if gguf in _OUTER:
        return _OUTER[gguf]
    _, layer, part, kind = gguf.split(".")
    return f"model.layers.{layer}.{INNER[part]}.{kind}"
