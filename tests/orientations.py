"""The eight EXIF orientations, slow and obvious: the reference for pixels and boxes."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from core.types.arrays import expect


def array_to_upright(array: NDArray[Any], orientation: int) -> NDArray[Any]:
    """(H, W, ...) as stored, turned upright by EXIF `orientation` 1 to 8 (Exif 2.32, tag 0x0112); a view."""
    expect(1 <= orientation <= 8, f"orientation must be 1 to 8, but got {orientation}")
    if orientation >= 5:
        array = array.swapaxes(0, 1)
    rows = -1 if orientation in (3, 4, 7, 8) else 1
    columns = -1 if orientation in (2, 3, 6, 7) else 1
    return array[::rows, ::columns]
