"""Small TF.js graph models, written by the tests, and slow, obvious NHWC references of their operations."""

from __future__ import annotations

import base64
import io
import json
import math
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def text(value: str) -> dict[str, str]:
    return {"s": base64.b64encode(value.encode()).decode()}


def ints(*values: int) -> dict[str, Any]:
    return {"list": {"i": [str(v) for v in values]}}


def node(name: str, op: str, inputs: Sequence[str] = (), **attributes: Any) -> dict[str, Any]:
    return {"name": name, "op": op, "input": list(inputs), "attr": attributes}


def picture(side: int, channels: int = 3, name: str = "x") -> dict[str, Any]:
    dimensions = [{"size": str(v)} for v in (1, side, side, channels)]
    return node(name, "Placeholder", shape={"shape": {"dim": dimensions}})


def model(
    nodes: Sequence[Mapping[str, Any]], weights: Mapping[str, Array], file: str = "w.bin",
    quantization: Mapping[str, tuple[Mapping[str, Any], Array]] | None = None,
) -> tuple[bytes, bytes]:  # fmt: skip
    """(model.json, weights). quantization: for some weights, the manifest's entry and the stored array."""
    quantization = quantization or {}
    manifest, buffer, constants = [], b"", []
    for name, array in weights.items():
        entry: dict[str, Any] = {"name": name, "shape": list(array.shape), "dtype": str(array.dtype)}
        stored = array
        if name in quantization:
            entry["quantization"], stored = quantization[name]
        manifest.append(entry)
        buffer += stored.tobytes()
        constants.append(node(name, "Const"))
    document = {
        "modelTopology": {"node": [*constants, *nodes]},
        "weightsManifest": [{"paths": [file], "weights": manifest}],
    }
    return json.dumps(document).encode(), buffer


def archive(members: Mapping[str, bytes], prefix: str = "package/models/") -> bytes:
    """A .tgz as npm writes it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, data in {"../README": b"not wanted", **members}.items():
            info = tarfile.TarInfo(prefix + name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def same_pads(side: int, window: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    out = math.ceil(side / stride)
    total = max((out - 1) * stride + (window - 1) * dilation + 1 - side, 0)
    return total // 2, total - total // 2


def _padded(x: Array, window: tuple[int, int], stride: int, dilation: int, padding: str, value: float) -> Array:
    if padding == "VALID":
        return x
    rows, columns = (same_pads(x.shape[i], window[i - 1], stride, dilation) for i in (1, 2))
    return np.pad(x, ((0, 0), rows, columns, (0, 0)), constant_values=value)


def convolve(
    x: Array, w: Array, stride: int, dilation: int = 1, padding: str = "SAME", depthwise: bool = False
) -> Array:
    """x (1, H, W, C), w (h, w, C, M): M filters over all channels, or M for each channel."""
    height, width, channels, filters = w.shape
    x = _padded(x, (height, width), stride, dilation, padding, 0.0)
    rows = (x.shape[1] - (height - 1) * dilation - 1) // stride + 1
    columns = (x.shape[2] - (width - 1) * dilation - 1) // stride + 1
    result = np.zeros((1, rows, columns, channels * filters if depthwise else filters))
    for r in range(rows):
        for c in range(columns):
            for i in range(height):
                for j in range(width):
                    pixel = x[0, r * stride + i * dilation, c * stride + j * dilation]
                    part = pixel[:, None] * w[i, j]
                    result[0, r, c] += part.reshape(-1) if depthwise else part.sum(0)
    return result


def max_pool(x: Array, window: int, stride: int, padding: str) -> Array:
    x = _padded(x, (window, window), stride, 1, padding, -np.inf)
    rows, columns = (x.shape[1] - window) // stride + 1, (x.shape[2] - window) // stride + 1
    result = np.zeros((1, rows, columns, x.shape[3]))
    for r in range(rows):
        for c in range(columns):
            result[0, r, c] = x[0, r * stride : r * stride + window, c * stride : c * stride + window].max((0, 1))
    return result


def resize(x: Array, height: int, width: int, mode: str) -> Array:
    """TF's ResizeBilinear. mode: "asymmetric", "half_pixel" or "align_corners"."""

    def place(index: int, out: int, side: int) -> float:
        if mode == "align_corners":
            return index * (side - 1) / (out - 1) if out > 1 else 0.0
        shift = 0.5 if mode == "half_pixel" else 0.0
        return max((index + shift) * side / out - shift, 0.0)

    result = np.zeros((1, height, width, x.shape[3]))
    for r in range(height):
        for c in range(width):
            y, z = place(r, height, x.shape[1]), place(c, width, x.shape[2])
            y0, z0 = int(y), int(z)
            y1, z1 = min(y0 + 1, x.shape[1] - 1), min(z0 + 1, x.shape[2] - 1)
            top = x[0, y0, z0] * (1 - (z - z0)) + x[0, y0, z1] * (z - z0)
            low = x[0, y1, z0] * (1 - (z - z0)) + x[0, y1, z1] * (z - z0)
            result[0, r, c] = top * (1 - (y - y0)) + low * (y - y0)
    return result
