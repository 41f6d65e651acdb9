"""A trained LoRA as the GGUF adapter that llama.cpp loads beside its model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFWriter

from assistant.tuning.dequantised import INNER

_PART = {hf: short for short, hf in INNER.items()}
_KEY = re.compile(r"layers\.(\d+)\.(.+)\.lora_([AB])\.weight$")


def write(weights: Mapping[str, torch.Tensor], path: Path, alpha: float) -> None:
    """Write ``weights`` (peft's state dict, A of shape (rank, in), B of shape (out, rank)) as f16."""
    writer = GGUFWriter(path, "qwen2")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for name, tensor in sorted(weights.items()):
        writer.add_tensor(_name(name), tensor.float().numpy().astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _name(peft: str) -> str:
    found = _KEY.search(peft)
    if found is None:
        raise ValueError(f"{peft} is not a LoRA weight of a Qwen2 layer")
    layer, part, side = found.groups()
    return f"blk.{layer}.{_PART[part]}.weight.lora_{side.lower()}"
