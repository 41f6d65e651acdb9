"""The committed reader as a torch model again, so that training can go on from it anywhere.

Checkpoints are too large to keep with the project. The int8 weights hold what was learnt to within
a quantisation step, and what was never trained (the embeddings, the lowest layers) is the base's
own, so a run that goes on from here loses next to nothing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from assistant.errors import ModelCorrupt

_PLACE = re.compile(r"/layer\.(\d+)/(.+?)/(?:linear/)?MatMul")


def weights(reader: Path, base: dict[str, Any]) -> dict[str, Any]:
    """State of the encoder: ``base`` with every layer replaced that ``reader`` was trained in.

    Raises:
        ModelCorrupt: the graph is not one that ``tuning.encoder.export`` wrote.
    """
    graph = onnx.load(str(reader)).graph
    arrays = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    out = dict(base)
    for name, value in arrays.items():
        own = name.removeprefix("encoder.").replace(".linear.bias", ".bias")
        if own in base and base[own].shape == value.shape:
            out[own] = torch.from_numpy(value.copy())
    found = 0
    for node in graph.node:
        if node.op_type == "MatMulInteger" and (place := _PLACE.search(node.name)):
            layer, inner = f"encoder.layer.{place[1]}", place[2].replace("/", ".")
            norm = f"{layer}.output.LayerNorm.weight"
            if not torch.equal(out[norm], base[norm]):
                out[f"{layer}.{inner}.weight"] = _linear(arrays, node.input[1], f"{layer}.{inner}")
            found += 1
    if found != sum(name.endswith(".weight") and _is_linear(name) for name in base):
        raise ModelCorrupt(f"{reader} holds {found} layers that can be read back; export it anew")
    return out


def _is_linear(name: str) -> bool:
    return name.startswith("encoder.layer.") and "LayerNorm" not in name


def _linear(arrays: dict[str, np.ndarray], quantised: str, own: str) -> Any:
    """The float weight (outputs, inputs), with the scale of its inputs taken out of it again."""
    stem = quantised.removesuffix("_quantized")
    whole = arrays[quantised].astype(np.float32) - arrays[f"{stem}_zero_point"]
    return torch.from_numpy((whole * arrays[f"{stem}_scale"]).T * arrays[f"encoder.{own}.down"])
