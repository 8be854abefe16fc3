"""What one browser session holds: its chats, their exchanges, and the pictures they are about.

Everything lies in `st.session_state`, under one key; nothing here is shared between users.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import streamlit as st

from core.errors import InputError
from core.jobs import Handle
from core.types.boxes import Box
from core.types.masks import Prompt
from core.types.thresholds import Thresholds
from core.types.turn import Turn, new_id
from pages.shared import engines
from pages.shared.pictures import PictureRef, PictureStore

KEY = "workbench"
NEW_CHAT = "New chat"
TITLE_CHARS = 40
LAYERS = ("Masks", "Boxes", "Labels")
KEPT_BANKS = 6  # turns that keep their mask logits; older ones find them in the memo, or measure them again


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


@dataclass
class Exchange:
    """One request and what came of it.

    how: what was given beside the words ("with a box drawn by hand"). handle: the job, until its end was seen.
    turn: as measured. tuned: the thresholds of the sliders, None while they are where they were. shown: `turn` at the
    tuned thresholds. masks_job: measures masks for boxes that a slider let in. overlay: what it shows, and the JPEG.
    detector_calls, segmenter_calls: measurements made for this exchange.
    lock: two runs of a page may overlap for a moment.
    """

    text: str
    picture: PictureRef | None
    thresholds: Thresholds
    user_boxes: tuple[Box, ...] = ()
    how: str = ""
    id: str = field(default_factory=new_id)
    handle: Handle | None = None
    live: Live = field(default_factory=Live)
    steps: list[str] = field(default_factory=list)
    seconds: float = 0.0
    turn: Turn | None = None
    problem: Problem | None = None
    edited: PictureRef | None = None
    tuned: Thresholds | None = None
    shown: Turn | None = None
    masks_job: Handle | None = None
    masks_wanted: tuple[Prompt, ...] = ()
    masks_problem: Problem | None = None
    overlay: tuple[object, bytes] | None = None
    layers: tuple[str, ...] = LAYERS
    drawing: bool = False
    detector_calls: int = 0
    segmenter_calls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def running(self) -> bool:
        return self.handle is not None


@dataclass
class Chat:
    """A conversation about pictures, one at a time. problem: of the last picture that could not be opened."""

    id: str = field(default_factory=new_id)
    title: str = NEW_CHAT
    picture: PictureRef | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    problem: Problem | None = None
    earlier: bool = False

    @property
    def empty(self) -> bool:
        return not self.exchanges and self.picture is None

    def pictures(self) -> set[PictureRef]:
        """Every picture that the chat refers to."""
        found = {self.picture, *(e.picture for e in self.exchanges), *(e.edited for e in self.exchanges)}
        return {ref for ref in found if ref is not None}


@dataclass
class Session:
    """One user's chats.

    dialog: which one is open. full_run: the whole page runs, not a fragment of it.
    """

    store: PictureStore
    id: str = field(default_factory=new_id)
    chats: list[Chat] = field(default_factory=lambda: [Chat()])
    active: str = ""
    dialog: str = ""
    full_run: bool = True

    @property
    def chat(self) -> Chat:
        """The chat that is shown."""
        return next((chat for chat in self.chats if chat.id == self.active), self.chats[0])

    @property
    def detector_calls(self) -> int:
        """Detector measurements made in this session."""
        return sum(e.detector_calls for chat in self.chats for e in chat.exchanges)

    def find(self, exchange_id: str) -> Exchange | None:
        return next((e for chat in self.chats for e in chat.exchanges if e.id == exchange_id), None)


def begin() -> Session:
    """This session's state, made where it is missing. The first line of every page."""
    if KEY not in st.session_state:
        st.session_state[KEY] = Session(PictureStore(engines.settings().limits, engines.decoded()))
    session: Session = st.session_state[KEY]
    return session


def new_chat() -> None:
    """Show an empty chat: the one that is there already, or a new one."""
    session = begin()
    chat = next((chat for chat in session.chats if chat.empty), None)
    if chat is None:
        chat = Chat()
        session.chats.insert(0, chat)
    session.active = chat.id


def show_chat(chat_id: str) -> None:
    begin().active = chat_id


def delete_chat(chat_id: str) -> None:
    """Forget a chat, its running jobs, and the pictures that no other chat shows."""
    session = begin()
    gone = next((chat for chat in session.chats if chat.id == chat_id), None)
    if gone is None:
        return
    for exchange in gone.exchanges:
        for handle in (exchange.handle, exchange.masks_job):
            if handle is not None:
                handle.cancel()
    session.chats = [chat for chat in session.chats if chat.id != chat_id] or [Chat()]
    kept = {ref.key for chat in session.chats for ref in chat.pictures()}
    for ref in gone.pictures():
        if ref.key not in kept:
            session.store.drop(ref)


def open_in_chat(data: bytes, name: str, sample: str = "", title: str = "") -> bool:
    """Make a picture the current one of the shown chat; on failure the chat keeps what it has and says why."""
    session = begin()
    chat = session.chat
    try:
        chat.picture = session.store.add(data, name, sample)
    except InputError as error:
        chat.problem = Problem(error.message, error.remedy)
        return False
    chat.problem, session.dialog = None, ""
    if chat.title == NEW_CHAT:
        chat.title = name_chat(title or chat.picture.name)
    return True


def name_chat(text: str) -> str:
    """A chat's title, from its first request or picture: one short line."""
    line = " ".join(text.split())
    return line if len(line) <= TITLE_CHARS else f"{line[: TITLE_CHARS - 1].rstrip()}…"
