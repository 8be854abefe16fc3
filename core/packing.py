"""Frozen values to plain JSON values and back, without loss: how turns are stored and how a button carries an order.

What `core.codec` writes is for readers: rounded, one way. This is for the program itself. A value packed by an earlier
version is read by a later one: a field that is missing takes its default, one that is unknown is left out. Where a
field may hold anything, its sequences come back as tuples: values are frozen.
"""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, TypeVar, get_args

import numpy as np
from cattrs import Converter
from cattrs.errors import BaseValidationError

T = TypeVar("T")
MOST_ARRAY_BYTES = 400_000_000  # the pixels of 100 megapixels are 300 MB; what says more of itself is no picture's


def pack(value: Any) -> Any:
    """A frozen value of `core.types` as JSON's own types."""
    return _CONVERTER.unstructure(value)


def unpack(kind: type[T], plain: Any) -> T:
    """The value that `pack` was given. Raises `ValueError` where the plain value cannot be one of `kind`."""
    try:
        return _CONVERTER.structure(plain, kind)
    except (BaseValidationError, TypeError, KeyError, AttributeError, zlib.error) as error:
        raise ValueError(f"this is no {kind.__name__}: {error}") from error


def _pack_array(array: np.ndarray) -> dict[str, Any]:
    data = zlib.compress(np.ascontiguousarray(array).tobytes(), 1)
    return {"dtype": array.dtype.str, "shape": list(array.shape), "zlib": base64.b64encode(data).decode()}


def _unpack_array(plain: Mapping[str, Any]) -> np.ndarray:
    dtype = np.dtype(plain["dtype"])
    if dtype.hasobject:
        raise ValueError("an array of objects is never read")
    size = math.prod(plain["shape"]) * dtype.itemsize
    if not 0 <= size <= MOST_ARRAY_BYTES:
        raise ValueError(f"an array of {size} bytes is never read")
    packed = base64.b64decode(plain["zlib"], validate=True)
    data = zlib.decompressobj().decompress(packed, size + 1)  # never more than it says
    array = np.frombuffer(data, dtype).reshape(plain["shape"])
    array.flags.writeable = False
    return array


def _unpack_anything(plain: Any) -> Any:
    if isinstance(plain, list | tuple):
        return tuple(_unpack_anything(item) for item in plain)
    return {key: _unpack_anything(item) for key, item in plain.items()} if isinstance(plain, dict) else plain


def _unpack_mapping(plain: Mapping[str, Any], kind: Any) -> Mapping[str, Any]:
    key, value = get_args(kind) or (str, Any)
    return MappingProxyType({_CONVERTER.structure(k, key): _CONVERTER.structure(v, value) for k, v in plain.items()})


def _make() -> Converter:
    made = Converter(detailed_validation=False)
    made.register_unstructure_hook_func(lambda kind: kind is np.ndarray or _is_array(kind), _pack_array)
    made.register_structure_hook_func(_is_array, lambda plain, _: _unpack_array(plain))
    made.register_unstructure_hook(MappingProxyType, lambda m: {_key(k): made.unstructure(v) for k, v in m.items()})
    made.register_unstructure_hook_func(_is_mapping, lambda m: {_key(k): made.unstructure(v) for k, v in m.items()})
    made.register_structure_hook_func(_is_mapping, _unpack_mapping)
    made.register_structure_hook_func(lambda kind: kind is Any, lambda plain, _: _unpack_anything(plain))
    return made


def _key(key: Any) -> Any:
    return key.value if isinstance(key, Enum) else key


def _is_array(kind: Any) -> bool:
    return kind is np.ndarray or getattr(kind, "__origin__", None) is np.ndarray


def _is_mapping(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is Mapping


_CONVERTER = _make()
