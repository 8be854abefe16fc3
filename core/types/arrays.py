"""Read-only, validated arrays and their digests: how every value of the kernel holds numbers."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Pixels = NDArray[np.uint8]
Doubles = NDArray[np.float64]


def frozen(array: Any, dtype: Any) -> NDArray[Any]:
    """A read-only, contiguous array of `dtype`; the caller's array is copied only where it is writeable."""
    result = np.ascontiguousarray(array, dtype=dtype)
    if result is array and result.flags.writeable:
        result = result.copy()
    result.flags.writeable = False
    return result


def expect(condition: bool, message: str) -> None:
    """Validation at birth: a `ValueError` that says what must be, and what was given."""
    if not condition:
        raise ValueError(message)


def digest(*parts: Any) -> str:
    """SHA-256 over arrays (dtype, shape, bytes) and anything with a faithful `repr`; hexadecimal."""
    state = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            state.update(f"{part.dtype.str}{part.shape}".encode())
            state.update(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
        elif isinstance(part, bytes):
            state.update(part)
        else:
            state.update(repr(part).encode())
        state.update(b"\x00")
    return state.hexdigest()
