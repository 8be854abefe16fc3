"""What was measured, as files within a quota: the ones used longest ago leave first, and are measured again."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from core.sessions.files import remove_parts, storage_error, write_whole
from core.sessions.proposed import Arrays, Proposed, arrays_of, opened, written
from core.types.arrays import digest
from core.types.boxes import Proposals
from core.types.engine import EngineInfo
from core.types.masks import Frame, MaskLogits
from core.types.thresholds import Thresholds
from core.types.turn import Status, Turn

NAME_CHARS = 32  # of each digest: 128 bits
SUFFIX = ".npz"
NAMED = re.compile(r"[0-9a-f]{64}\.npz")  # of a key; a turn's file has two digests and a hyphen
ARRAYS = ("logits", "quality", "maps", "extents")


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
    proposed: Proposed | None = None
    bank: tuple[_Row, ...] = ()


@dataclass(frozen=True)
class _Named:
    """What a file that is kept under a key says beside its arrays."""

    key: str
    proposed: Proposed


class Measurements:
    """One file a turn, named by digests of the turn's id and its picture; and one file a key, named by its SHA-256.

    Thread-safe; processes may share the folder. at_most_mb: the quota, in 10^6 bytes.
    Numbers come back bit by bit: a mask's digest must not change over a restart.
    """

    def __init__(self, folder: Path, at_most_mb: float) -> None:
        self._folder, self._at_most = folder, at_most_mb * 1e6

    def save(self, turn: Turn) -> None:
        """Keep what the turn measured, in place of what was kept of it before. Raises `StorageError`.

        A turn that measured nothing is kept too: then it is known that nothing was evicted.
        """
        self._write(self._file(turn), to_npz(turn))

    def load(self, turn: Turn) -> Turn | None:
        """The turn with proposals and bank put back; None where they were evicted, or their file is damaged."""
        file = self._file(turn)
        data = _used(file)
        if data is None:
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

    def put(self, key: str, proposals: Proposals) -> None:
        """Keep what was measured under a key that says on what and with what; it belongs to no chat.

        Raises `StorageError`.
        """
        self._write(self._named(key), written(_Named(key, Proposed.of(proposals)), arrays_of(proposals)))

    def get(self, key: str) -> Proposals | None:
        """What was put under the key; None where it was evicted, or its file is damaged."""
        file = self._named(key)
        data = _used(file)
        if data is None:
            return None
        try:
            with opened(data, _Named) as (head, arrays):
                return head.proposed.with_arrays(arrays) if head.key == key else None
        except ValueError:
            self._remove(file)
            return None

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

    def tidy(self, before: float, unused_since: float = -math.inf) -> int:
        """Hold the quota, which may have become smaller; how many files went.

        unused_since: seconds since 1970; what is kept under a key and was last used before that goes too.
        """
        remove_parts(self._folder, before)
        old = [file for used, _, file in self._files() if used < unused_since * 1e9 and NAMED.fullmatch(file.name)]
        for file in old:
            self._remove(file)
        return len(old) + self._evict(self._at_most)

    def _write(self, file: Path, data: bytes) -> None:
        """In place of what was there; what is larger than the quota is not kept at all."""
        if len(data) > self._at_most:
            self._remove(file)
            return
        self._evict(self._at_most - len(data), spared=file)
        write_whole(file, data, sync=False)

    def _evict(self, room: float, spared: Path | None = None) -> int:
        """Delete the files used longest ago, until all but the spared one take no more than `room` bytes."""
        files = [one for one in self._files() if one[2] != spared]
        used, gone = sum(size for _, size, _ in files), 0
        for _, size, file in sorted(files, key=lambda one: one[0]):
            if used <= room:
                break
            self._remove(file)
            used, gone = used - size, gone + 1
        return gone

    def _files(self) -> Iterator[tuple[int, int, Path]]:
        """When each was used (nanoseconds since 1970), its bytes, and where it is."""
        try:
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):  # another process evicts too
                        if entry.name.endswith(SUFFIX):
                            status = entry.stat()
                            yield status.st_mtime_ns, status.st_size, Path(entry.path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise storage_error(error, self._folder) from error

    def _remove(self, file: Path) -> None:
        with contextlib.suppress(FileNotFoundError, PermissionError):  # Windows keeps a file that is being read
            file.unlink()

    def _file(self, turn: Turn) -> Path:
        return self._folder / f"{_short(digest(turn.id))}-{_short(digest(turn.image_digest))}{SUFFIX}"

    def _named(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}{SUFFIX}"


def _short(key: str) -> str:
    return key[:NAME_CHARS]


def _used(file: Path) -> bytes | None:
    """The file's bytes, used now; None where it is not kept."""
    try:
        data = file.read_bytes()
        os.utime(file)
    except OSError:
        return None
    return data


def to_npz(turn: Turn) -> bytes:
    """What a turn measured."""
    arrays = arrays_of(turn.proposals) if turn.proposals is not None else {}
    for index, logits in enumerate(turn.bank.values()):
        arrays |= {f"{name}{index}": getattr(logits, name) for name in ARRAYS}
    bank = tuple(_Row(prompt, logits.engines, logits.notes, logits.frames) for prompt, logits in turn.bank.items())
    proposed = Proposed.of(turn.proposals) if turn.proposals is not None else None
    return written(_Head(turn.id, turn.image_digest, proposed, bank), arrays)


def from_npz(data: bytes, at_most: float = math.inf) -> Turn:
    """A bare turn with id, picture's digest, proposals and bank. Nothing in the file is ever run.

    at_most: bytes that the arrays may take. Raises `ValueError` where it is no such file, or a damaged one.
    """
    with opened(data, _Head, at_most) as (head, arrays):
        return _turn_of(head, arrays)


def _turn_of(head: _Head, arrays: Arrays) -> Turn:
    bank = {
        row.prompt: MaskLogits(
            **{name: arrays[f"{name}{index}"] for name in ARRAYS},
            engines=row.engines,
            notes=row.notes,
            frames=row.frames,
        )
        for index, row in enumerate(head.bank)
    }
    proposals = head.proposed.with_arrays(arrays) if head.proposed is not None else None
    return Turn(
        head.turn, "", Status.DONE, Thresholds(), head.image, proposals=proposals, bank=MappingProxyType(bank)
    )  # fmt: skip
