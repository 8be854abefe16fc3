"""Basis code: QR and bar codes, decoded by zxing-cpp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from core.detection.embedded.lexicon import Target
from core.detection.embedded.view import Found, View
from core.errors import EngineUnavailable
from core.jobs import Job
from core.types.arrays import Floats, Pixels
from core.types.boxes import Basis
from core.types.engine import EngineInfo

# degrees: zxing itself tries a quarter turn and reads bar codes up to 15 degrees off, PDF417 hardly off at all
TURNS = (15.0, 30.0, 45.0, 60.0, 75.0)
ANY_CODE = "code"
QR_LIKE = ("QR", "Aztec", "DataMatrix", "Data Matrix", "MaxiCode")  # how the names of matrix codes begin


class Codes:
    """Codes that could be decoded: a box without content is not reported.

    thorough: turn the picture too, and take every pixel of a large one (10 times slower).
    """

    def __init__(self, thorough: bool = True) -> None:
        self._thorough = thorough

    def find(self, view: View, targets: Sequence[Target], job: Job) -> Found:
        """Score 1 where the code is of the target's kind. Labels: the content."""
        zxing = _zxing()
        grey = _grey(view.rgb)
        read = _read(zxing, grey, view.rgb, view)
        for angle in TURNS if self._thorough else ():
            job.check()
            turned, matrix = _turn(grey, angle)
            read += [r for r in _read(zxing, turned, view.rgb, view, matrix) if not _known(r, read)]
        if self._thorough and not read and view.rgb.shape != view.image.pixels.shape:
            job.check()
            full = view.image.pixels  # small codes need every pixel
            read = _read(zxing, _grey(full), full, view)
        wanted = [t.names[0] if t.names else ANY_CODE for t in targets]
        rows = [(box, [float(k in (ANY_CODE, kind)) for k in wanted], text) for box, kind, text in read]
        rows = [row for row in rows if any(row[1])]
        info = EngineInfo("embedded/codes", f"zxing-cpp {_version()}")
        return Found.of(
            Basis.CODE, info, [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], len(targets)
        )


Read = tuple[Sequence[float], str, str]  # box in pixels of the picture, kind ("qr code" or "barcode"), content


def _read(zxing: Any, grey: Pixels, seen: Pixels, view: View, turn_back: Floats | None = None) -> list[Read]:
    found: list[Read] = []
    for code in zxing.read_barcodes(grey):
        p = code.position
        corners = np.array([(q.x, q.y) for q in (p.top_left, p.top_right, p.bottom_right, p.bottom_left)], np.float32)
        if turn_back is not None:
            corners = cv2.transform(corners[None], turn_back)[0]
        box = view.to_picture([[*corners.min(0), *corners.max(0) + 1]], seen)[0]
        kind = "qr code" if str(code.format).startswith(QR_LIKE) else "barcode"
        found.append(([float(v) for v in box], kind, str(code.text)))
    return found


def _known(new: Read, found: Sequence[Read]) -> bool:
    """The same content at the same place."""
    x, y = (new[0][0] + new[0][2]) / 2, (new[0][1] + new[0][3]) / 2
    return any(n[2] == new[2] and n[0][0] <= x <= n[0][2] and n[0][1] <= y <= n[0][3] for n in found)


def _turn(grey: Pixels, angle: float) -> tuple[Pixels, Floats]:
    """The whole picture turned, and the (2, 3) map from the turned picture back to it."""
    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = (int(np.ceil(width * cos + height * sin)), int(np.ceil(width * sin + height * cos)))
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    turned = cv2.warpAffine(grey, matrix, size, flags=cv2.INTER_LINEAR, borderValue=(255, 255, 255))
    return np.asarray(turned, np.uint8), np.asarray(cv2.invertAffineTransform(matrix), np.float32)


def _grey(rgb: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def _zxing() -> Any:
    try:
        import zxingcpp
    except ImportError as error:
        raise EngineUnavailable(
            "Codes cannot be read: the package 'zxing-cpp' is not installed.",
            "Install it: pip install -r requirements-embedded.txt.",
        ) from error
    return zxingcpp


def _version() -> str:
    from importlib.metadata import version

    return version("zxing-cpp")
