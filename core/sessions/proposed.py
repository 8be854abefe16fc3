"""Measurements as bytes: numpy's arrays in one file, and what stands beside them as JSON. Nothing in it is ever run."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from core.packing import pack, unpack
from core.sessions.records import json_text
from core.types.boxes import Basis, Proposals, Reading, Suggestion
from core.types.engine import EngineInfo

Arrays = Mapping[str, Any]
Head = TypeVar("Head")


@dataclass(frozen=True)
class Proposed:
    """`Proposals` without their arrays."""

    phrases: tuple[str, ...]
    basis: tuple[Basis, ...]
    labels: tuple[str, ...]
    passes: tuple[int, ...]
    engines: tuple[EngineInfo, ...]
    readings: tuple[Reading, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    listed: bool = False
    captions: tuple[str, ...] = ()

    @classmethod
    def of(cls, proposals: Proposals) -> Proposed:
        return cls(
            proposals.phrases, proposals.basis, proposals.labels, proposals.passes, proposals.engines,
            proposals.readings, proposals.suggestions, proposals.listed, proposals.captions,
        )  # fmt: skip

    def with_arrays(self, arrays: Arrays) -> Proposals:
        """arrays: what `arrays_of` gave."""
        return Proposals(
            self.phrases, arrays["boxes"], arrays["scores"], self.basis, self.labels, self.passes, self.engines,
            self.readings, self.suggestions, self.listed, arrays.get("peaks"), self.captions,
        )  # fmt: skip


def arrays_of(proposals: Proposals) -> dict[str, Any]:
    peaks = {} if proposals.peaks is None else {"peaks": proposals.peaks}
    return {"boxes": proposals.boxes, "scores": proposals.scores, **peaks}


def written(head: Any, arrays: Arrays) -> bytes:
    """An npz. Not compressed: logits shrink by a tenth, and that takes 9 ms an object."""
    stream = io.BytesIO()
    text = json_text(pack(head)).encode()
    np.savez(stream, head=np.frombuffer(text, np.uint8), **arrays)
    return stream.getvalue()


@contextmanager
def opened(data: bytes, kind: type[Head], at_most: float = math.inf) -> Iterator[tuple[Head, Arrays]]:
    """What `written` was given; the arrays are read when they are asked for, inside.

    at_most: bytes that the arrays may take. Raises `ValueError` where it is no such file, or a damaged one.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > at_most:
                raise ValueError("the arrays are too large")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            yield unpack(kind, json.loads(arrays["head"].tobytes())), arrays
    except ValueError:
        raise
    except Exception as error:  # damaged bytes break the readers of zip and npy in every way they know
        raise ValueError(f"no measurements: {error!r}") from error
