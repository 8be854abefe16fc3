"""What turns measured, as files within a quota: the ones used longest ago leave first, and are measured again."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from core.packing import pack, unpack
from core.sessions.files import remove_parts, storage_error, write_whole
from core.sessions.records import json_text
from core.types.arrays import digest
from core.types.boxes import Basis, Proposals, Reading, Suggestion
from core.types.engine import EngineInfo
from core.types.masks import Frame, MaskLogits
from core.types.thresholds import Thresholds
from core.types.turn import Status, Turn

NAME_CHARS = 32  # of each digest: 128 bits
SUFFIX = ".npz"
ARRAYS = ("logits", "quality", "maps", "extents")


@dataclass(frozen=True)
class _Proposed:
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


@dataclass(frozen=True)
class _Row:
    """One entry of a bank without its arrays."""

    prompt: str
    engines: tuple[EngineInfo, ...]
    notes: tuple[str, ...]
    frames: tuple[Frame | None, ...] = ()


@dataclass(frozen=True)
class _Head:
    """What a file says beside its arrays."""

    turn: str
    image: str
    proposed: _Proposed | None = None
    bank: tuple[_Row, ...] = ()


class Measurements:
    """One file a turn, named by digests of the turn's id and its picture. Thread-safe; processes may share the folder.

    at_most_mb: the quota, in 10^6 bytes. Numbers come back bit by bit: a mask's digest must not change over a restart.
    """

    def __init__(self, folder: Path, at_most_mb: float) -> None:
        self._folder, self._at_most = folder, at_most_mb * 1e6

    def save(self, turn: Turn) -> None:
        """Keep what the turn measured, in place of what was kept of it before. Raises `StorageError`.

        A turn that measured nothing is kept too: then it is known that nothing was evicted.
        """
        data = to_npz(turn)
        if len(data) > self._at_most:
            self._remove(self._file(turn))
            return
        self._evict(self._at_most - len(data), spared=self._file(turn))
        write_whole(self._file(turn), data, sync=False)

    def load(self, turn: Turn) -> Turn | None:
        """The turn with proposals and bank put back; None where they were evicted, or their file is damaged."""
        file = self._file(turn)
        try:
            data = file.read_bytes()
            os.utime(file)  # used now
        except OSError:
            return None
        try:
            measured = from_npz(data)
        except ValueError:
            self._remove(file)
            return None
        if (measured.id, measured.image_digest) != (turn.id, turn.image_digest):
            return None
        return replace(turn, proposals=measured.proposals, bank=measured.bank)

    def restored(self, turn: Turn) -> Turn:
        """The turn with what was measured for it, where that is still kept; itself where it is not, or was there."""
        if turn.proposals is not None and (turn.bank or not turn.masks.items):
            return turn
        return self.load(turn) or turn

    def data(self, turn: Turn) -> bytes | None:
        """The kept file's own bytes, or None."""
        try:
            return self._file(turn).read_bytes()
        except OSError:
            return None

    def forget(self, turns: Iterable[str]) -> None:
        """Delete what was measured for these turns, by id, on whatever picture."""
        for turn in turns:
            for file in self._folder.glob(f"{_short(digest(turn))}-*{SUFFIX}"):
                self._remove(file)

    def tidy(self, before: float) -> int:
        """Hold the quota, which may have become smaller; how many files went."""
        remove_parts(self._folder, before)
        return self._evict(self._at_most)

    def _evict(self, room: float, spared: Path | None = None) -> int:
        """Delete the files used longest ago, until all but the spared one take no more than `room` bytes."""
        files = []
        try:
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):  # another process evicts too
                        if entry.name.endswith(SUFFIX) and Path(entry.path) != spared:
                            status = entry.stat()
                            files.append((status.st_mtime_ns, status.st_size, Path(entry.path)))
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise storage_error(error, self._folder) from error
        used, gone = sum(size for _, size, _ in files), 0
        for _, size, file in sorted(files, key=lambda one: one[0]):
            if used <= room:
                break
            self._remove(file)
            used, gone = used - size, gone + 1
        return gone

    def _remove(self, file: Path) -> None:
        with contextlib.suppress(FileNotFoundError, PermissionError):  # Windows keeps a file that is being read
            file.unlink()

    def _file(self, turn: Turn) -> Path:
        return self._folder / f"{_short(digest(turn.id))}-{_short(digest(turn.image_digest))}{SUFFIX}"


def _short(key: str) -> str:
    return key[:NAME_CHARS]


def to_npz(turn: Turn) -> bytes:
    """What a turn measured. Not compressed: logits shrink by a tenth, and that takes 9 ms an object."""
    proposals, proposed = turn.proposals, None
    arrays: dict[str, Any] = {}
    if proposals is not None:
        arrays |= {"boxes": proposals.boxes, "scores": proposals.scores}
        proposed = _Proposed(
            proposals.phrases, proposals.basis, proposals.labels, proposals.passes, proposals.engines,
            proposals.readings, proposals.suggestions, proposals.listed, proposals.captions,
        )  # fmt: skip
        if proposals.peaks is not None:
            arrays["peaks"] = proposals.peaks
    for index, logits in enumerate(turn.bank.values()):
        arrays |= {f"{name}{index}": getattr(logits, name) for name in ARRAYS}
    bank = tuple(_Row(prompt, logits.engines, logits.notes, logits.frames) for prompt, logits in turn.bank.items())
    text = json_text(pack(_Head(turn.id, turn.image_digest, proposed, bank)))
    stream = io.BytesIO()
    np.savez(stream, head=np.frombuffer(text.encode(), np.uint8), **arrays)
    return stream.getvalue()


def from_npz(data: bytes, at_most: float = math.inf) -> Turn:
    """A bare turn with id, picture's digest, proposals and bank. Nothing in the file is ever run.

    at_most: bytes that the arrays may take. Raises `ValueError` where it is no such file, or a damaged one.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > at_most:
                raise ValueError("the arrays are too large")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return _turn_of(arrays)
    except ValueError:
        raise
    except Exception as error:  # damaged bytes break the readers of zip and npy in every way they know
        raise ValueError(f"no measurements: {error!r}") from error


def _turn_of(arrays: Mapping[str, Any]) -> Turn:
    head = unpack(_Head, json.loads(arrays["head"].tobytes()))
    given = head.proposed
    proposals = None
    if given is not None:
        proposals = Proposals(
            given.phrases, arrays["boxes"], arrays["scores"], given.basis, given.labels, given.passes, given.engines,
            given.readings, given.suggestions, given.listed, arrays.get("peaks"),
            given.captions,
        )  # fmt: skip
    bank = {
        row.prompt: MaskLogits(
            **{name: arrays[f"{name}{index}"] for name in ARRAYS},
            engines=row.engines,
            notes=row.notes,
            frames=row.frames,
        )
        for index, row in enumerate(head.bank)
    }
    return Turn(
        head.turn, "", Status.DONE, Thresholds(), head.image, proposals=proposals, bank=MappingProxyType(bank)
    )  # fmt: skip
