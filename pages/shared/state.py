"""What one browser session holds: its owner, the chats it opened, and how each answer is shown.

Everything lies in `st.session_state`, under one key. What must survive lies in the session store; this mirrors it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from core.dialogue.branches import Tree
from core.dialogue.conversation import Piece
from core.jobs import Handle
from core.types.boxes import Detections
from core.types.masks import Prompt
from core.types.picture import PictureRef
from core.types.record import Record
from core.types.reference import Order
from core.types.speech import Spoken, Transcript
from core.types.thresholds import Thresholds
from core.types.turn import Turn, new_id
from pages.shared.owner import owner_id

KEY = "workbench"
NEW_CHAT = "New chat"
TITLE_CHARS = 40
LAYERS = ("Masks", "Boxes", "Labels")
WAIT, REPLACE = "wait", "replace"
STOP_SECONDS = 0.4  # that the page waits for a stopped engine; then it goes on, and takes what comes when it comes


@dataclass
class Problem:
    """An error as it is shown: what happened, and the remedy."""

    message: str
    remedy: str = ""


@dataclass
class Live:
    """What a running job says of itself; written by the worker, read by the page."""

    text: str = ""
    fraction: float | None = None


@dataclass(frozen=True)
class Glance:
    """What is shown of a picture before its answer is there; it is no answer. whole: of the full pass already."""

    picture: PictureRef
    detections: Detections
    whole: bool = False


@dataclass
class Sound:
    """A sound that was given, and what was heard in it; nothing of it acts until it is sent.

    handle: the transcription, until its end was seen. words: typed with it. notes: of how the sound was read.
    """

    name: str
    words: str = ""
    handle: Handle | None = None
    live: Live = field(default_factory=Live)
    transcript: Transcript | None = None
    spoken: Spoken | None = None
    notes: tuple[str, ...] = ()
    problem: Problem | None = None
    id: str = field(default_factory=new_id)

    @property
    def running(self) -> bool:
        return self.handle is not None


@dataclass
class Part:
    """What came of a request on one picture, and how it is shown.

    turn: as measured. tuned: the thresholds of the sliders, None while they are where they were. shown: `turn` at the
    tuned thresholds. job: measures masks for boxes that a slider let in (`wanted`), or everything again where it is no
    longer kept (`again`). hidden: numbers of the objects switched off. selected: the object brought out. tool: what a
    click on the picture does. points: clicked, not used yet.
    """

    exchange: Exchange
    number: int
    picture: PictureRef | None
    turn: Turn
    edited: PictureRef | None = None
    seconds: float = 0.0
    detector_calls: int = 0
    segmenter_calls: int = 0
    tuned: Thresholds | None = None
    shown: Turn | None = None
    job: Handle | None = None
    again: bool = False
    wanted: tuple[Prompt, ...] = ()
    problem: Problem | None = None
    note: str = ""
    layers: tuple[str, ...] = LAYERS
    hidden: frozenset[int] = frozenset()
    selected: int | None = None
    tool: Literal["look", "click", "box"] = "look"
    points: tuple[tuple[float, float, bool], ...] = ()

    @property
    def id(self) -> str:
        return f"{self.exchange.id}-{self.number}"

    @property
    def thresholds(self) -> Thresholds:
        """Those that are shown: of the sliders, or the turn's own."""
        return self.tuned or self.turn.thresholds


@dataclass
class Exchange:
    """One version of a request, and what came of it.

    handle: the job, until its end was seen; stopped: when Stop was pressed, in seconds of `time.monotonic()`; replaced:
    a newer request did. pieces: what to run, where that is known before; order: that of a button; transcript: what was
    heard, where it was spoken. glance: shown while it runs. parts: one for each picture that is done. kept: the store
    has it as it is. unkept: why it could not be kept. editing: its text is. lock: the worker and two runs of a page may
    meet here.
    """

    record: Record
    handle: Handle | None = None
    stopped: float | None = None
    replaced: bool = False
    pieces: tuple[Piece, ...] = ()
    order: Order | None = None
    transcript: Transcript | None = None
    selected: int | None = None
    glance: Glance | None = None
    live: Live = field(default_factory=Live)
    steps: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    problem: Problem | None = None
    kept: bool = False
    unkept: Problem | None = None
    editing: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def running(self) -> bool:
        """The page waits for it: it runs, or was stopped just now."""
        waited_for = self.stopped is None or time.monotonic() < self.stopped + STOP_SECONDS
        return self.handle is not None and waited_for

    @property
    def stopping(self) -> bool:
        """It was stopped, and its engine has not come to its next check; the page waits no longer."""
        return self.handle is not None and not self.running

    @property
    def elsewhere(self) -> bool:
        """It runs in another tab or process."""
        return self.handle is None and not self.record.finished and self.problem is None

    @property
    def settled(self) -> bool:
        """Nothing of it is under way, and nothing would be lost here with it."""
        busy = self.handle is not None or any(part.job is not None for part in self.parts)
        return self.elsewhere or (self.kept and self.unkept is None and not busy)


@dataclass
class Chat:
    """A conversation about pictures.

    exchanges: every version of every node, by record id, in the order in which they were made. head, shown: the branch
    and versions in view (`core.dialogue.branches`). cleared: the head before everything was cleared, for its undo.
    chosen: numbers of the pictures that the next request is about; () the newest. saved: it is in the store. revision:
    of the store, when it was last read. problem: of the last picture that could not be opened or kept, or of a sound.
    unsent: words that came with it. sounds: given, not sent yet. troubles: with the store, by what cannot be done,
    while they last.
    """

    id: str = field(default_factory=new_id)
    title: str = NEW_CHAT
    pictures: list[PictureRef] = field(default_factory=list)
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    head: str = ""
    shown: dict[str, str] = field(default_factory=dict)
    cleared: str = ""
    chosen: tuple[int, ...] = ()
    saved: bool = False
    revision: int = 0
    problem: Problem | None = None
    unsent: str = ""
    sounds: list[Sound] = field(default_factory=list)
    troubles: dict[str, Problem] = field(default_factory=dict)
    earlier: bool = False

    @property
    def empty(self) -> bool:
        return not self.exchanges and not self.pictures

    @property
    def tree(self) -> Tree:
        exchanges = list(self.exchanges.values())  # the worker reads while the page adds
        return Tree([exchange.record for exchange in exchanges], self.head, self.shown)

    def path(self, head: str | None = None) -> list[Exchange]:
        """The exchanges of the branch in view, or of the branch that ends at `head`."""
        return [self.exchanges[record.id] for record in self.tree.path(head)]

    @property
    def current(self) -> list[PictureRef]:
        """The pictures that the next request is about, where its words name none."""
        numbers = [n for n in self.chosen if 1 <= n <= len(self.pictures)]
        return [self.pictures[n - 1] for n in numbers] or self.pictures[-1:]

    def note(self, revision: int) -> None:
        """A change that this session made itself; had another one come between, `sync` must still read it."""
        if revision == self.revision + 1:
            self.revision = revision

    def parts(self) -> Iterator[Part]:
        return (part for exchange in list(self.exchanges.values()) for part in exchange.parts)


@dataclass
class Session:
    """One browser session. dialog: which one is open. full_run: the whole page runs, not a fragment of it.
    pumping: a script of the page shows what runs.

    opened: chats whose content was loaded, by id. while_running: a second request waits, or replaces the first.
    label_size: of the labels in pictures, 1 the usual one. menus: counts up to close an open menu (by a new key).
    """

    owner: str
    id: str = field(default_factory=new_id)
    opened: dict[str, Chat] = field(default_factory=dict)
    active: str = ""
    dialog: str = ""
    full_run: bool = True
    pumping: bool = False
    while_running: str = REPLACE
    label_size: float = 1.0
    menus: int = 0

    @property
    def chat(self) -> Chat:
        """The chat that is shown: a new one where none is."""
        if self.active not in self.opened:
            chat = Chat()
            self.opened[chat.id], self.active = chat, chat.id
        return self.opened[self.active]

    @property
    def detector_calls(self) -> int:
        """Detector measurements made in this session."""
        return sum(part.detector_calls for chat in self.opened.values() for part in chat.parts())

    def find(self, exchange_id: str) -> Exchange | None:
        return next((c.exchanges[exchange_id] for c in self.opened.values() if exchange_id in c.exchanges), None)

    def find_part(self, part_id: str) -> Part | None:
        exchange = self.find(part_id.rpartition("-")[0])
        return next((part for part in exchange.parts if part.id == part_id), None) if exchange else None

    def chat_of(self, exchange: Exchange) -> Chat:
        return next((c for c in self.opened.values() if exchange.id in c.exchanges), self.chat)


def begin() -> Session:
    """This session's state, made where it is missing. The first line of every page."""
    if KEY not in st.session_state:
        st.session_state[KEY] = Session(owner_id())
    session: Session = st.session_state[KEY]
    return session


def name_chat(text: str) -> str:
    """A chat's title, from its first request or picture: one short line."""
    line = " ".join(text.split())
    return line if len(line) <= TITLE_CHARS else f"{line[: TITLE_CHARS - 1].rstrip()}…"
