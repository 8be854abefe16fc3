"""The chat itself: its pictures, its records, and the turns that are added to them. It prints nothing."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from core.cli.chat_choices import picked
from core.cli.console import ProgressLine
from core.cli.inputs import quietly, read_bytes
from core.dialogue.conversation import Memory, Piece, converse, in_force, looked, pending_actions, plan
from core.dialogue.engines import Engines
from core.dialogue.tally import Tally
from core.errors import StorageError
from core.jobs import Job
from core.sessions.decoded import Decoded
from core.sessions.measurements import Measurements
from core.sessions.pictures import PictureStore
from core.settings import Settings
from core.types.events import Completed, Progress
from core.types.image import ImageAsset
from core.types.picture import PictureRef
from core.types.record import Record, Result

KEPT_FULL = 6  # records that keep their measurements in memory; those of older ones are read back from their files
OPEN = "open"  # the stage in which a kept picture is read


class Store(Protocol):
    """Where a chat's pictures and measurements lie while it runs."""

    @property
    def pictures(self) -> PictureStore: ...

    @property
    def measurements(self) -> Measurements: ...


@dataclass(frozen=True)
class Files:
    """A store of files alone."""

    pictures: PictureStore
    measurements: Measurements

    @classmethod
    def of(cls, folder: Path, settings: Settings) -> Files:
        kept = settings.sessions
        pictures = PictureStore(folder / "pictures", settings.limits, Decoded(), kept.pictures_mb)
        return cls(pictures, Measurements(folder / "measurements", kept.measurements_mb))


class Chat:
    """chosen: numbers of the pictures that the next requests are about; () means the newest. selected: see `Memory`."""

    def __init__(self, engines: Engines, settings: Settings, store: Store) -> None:
        self.engines, self.settings, self.store = engines, settings, store
        self.pictures: list[PictureRef] = []
        self.records: list[Record] = []
        self.chosen: tuple[int, ...] = ()
        self.selected: int | None = None

    @property
    def prompt(self) -> str:
        """What the next request is about, before it is typed."""
        if len(self.pictures) < 2:
            return "> "
        if len(self.about) == len(self.pictures):
            return "all pictures> "
        return f"picture{'s' if len(self.about) > 1 else ''} {', '.join(map(str, self.about))}> "

    @property
    def memory(self) -> Memory:
        return Memory(tuple(self.pictures), tuple(self.records), self.chosen, self.selected)

    @property
    def about(self) -> tuple[int, ...]:
        """Numbers of the pictures that the next request is about, where it names none."""
        return self.chosen or ((len(self.pictures),) if self.pictures else ())

    @property
    def in_force(self) -> tuple[Result, ...]:
        """The results whose objects hold now."""
        stack = in_force(self.records)
        return tuple(r for r in stack[-1].results if looked(r.turn)) if stack else ()

    def open(self, path: Path) -> PictureRef:
        """Add a picture; one that is there already becomes the one that requests are about. Raises `InputError`."""
        data = read_bytes(path, self.settings.limits)
        with quietly():
            picture = self.store.pictures.add(data, path.name)
        known = [n for n, other in enumerate(self.pictures, 1) if other.digest == picture.digest]
        self.chosen = tuple(known)
        if known:
            return self.pictures[known[0] - 1]
        self.pictures.append(picture)
        return picture

    def ask(self, text: str, job: Job, progress: ProgressLine) -> Record:
        """One request: its record, which is then the chat's last. Raises `WorkbenchError` where nothing came of it."""
        choice = picked(text, pending_actions(self.records))
        if choice is not None:
            text = choice.text
        pieces = plan(text, self.memory, self.engines, choice.order if choice is not None else None)
        results: list[Result] = []
        for piece in pieces:
            if results and job.cancelled:
                break
            job.deadline = time.monotonic() + self.settings.limits.turn_seconds
            results.append(self._result(piece, job, progress))
        pictures = tuple(piece.picture for piece in pieces if piece.picture is not None)
        record = Record(
            text, parent=self.records[-1].node if self.records else "", pictures=pictures, results=tuple(results),
            finished=True,
        )  # fmt: skip
        self._remember(record)
        return record

    def _result(self, piece: Piece, job: Job, progress: ProgressLine) -> Result:
        tally, turn = Tally(self.engines), None
        thresholds, pictures = self.settings.thresholds, self.store.pictures
        restored = self.store.measurements.restored
        for event in converse([piece], self.engines, job, thresholds, pictures.open, restored, self.selected):
            if isinstance(event, Progress):
                progress.show(event.fraction, event.text)
            elif isinstance(event, Completed):
                turn = event.turn
        assert turn is not None, "every turn ends in Completed"
        return tally.result(turn, piece.picture, self._edited)

    def _edited(self, image: ImageAsset, source: PictureRef) -> PictureRef:
        """The changed picture, kept as a file; where the disk is full, in memory, and it is tried again."""
        kept = self.store.pictures.keep_edited(image, source)
        with suppress(StorageError):
            self.store.pictures.save(kept)
        return kept

    def _remember(self, record: Record) -> None:
        self.records.append(record)
        for result in record.results:
            if result.turn.proposals is not None:
                with suppress(StorageError):  # as what is evicted: measured again where it is needed
                    self.store.measurements.save(result.turn)
        older = len(self.records) - 1 - KEPT_FULL
        if older >= 0:
            self.records[older] = light(self.records[older])
        if any(looked(result.turn) for result in record.results):
            self.selected = None  # its objects are numbered anew


def light(record: Record) -> Record:
    """A record without what its measurements hold."""
    return replace(record, results=tuple(replace(r, turn=r.turn.light()) for r in record.results))
