"""Engines, memo and worker of the process: the only things that users share. Each is made once, and cheap to make."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from core.dialogue.engines import Engines, assemble, build_port
from core.dialogue.wording import BUTTONS, MISSING
from core.errors import StorageError, WorkbenchError
from core.jobs import Handle, Job, Worker
from core.sessions.measurements import Measurements
from core.sessions.pictures import PictureStore
from core.sessions.store import SessionStore
from core.settings import Settings, load_settings
from core.types.engine import EngineStatus
from core.types.image import ImageAsset
from core.types.masks import Prompt

# Port of the settings -> what a user calls it, and the field of `Engines` that serves it
PORTS: dict[str, tuple[str, str]] = {
    "detection": ("Finding things", "detector"),
    "segmentation": ("Outlining them", "segmenter"),
    "intent": ("Understanding requests", "intent"),
    "keywords": ("Finding the words for things", "keywords"),
    "answering": ("Answering questions", "describer"),
    "editing": ("Removing things", "editor"),
}
WARM_UP_SIDE = 64
WARM_UP_TEXT, WARM_UP_PHRASES = "segment the cat", ("cat", "face", "text")


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The settings of this process. Raises `SettingsError` until the files are right."""
    return load_settings()


@st.cache_resource(show_spinner=False)
def worker() -> Worker:
    """The one thread in which engines run."""
    return Worker("pages")


@st.cache_resource(show_spinner=False)
def store() -> SessionStore:
    """The chats that survive."""
    return SessionStore(settings())


def pictures() -> PictureStore:
    """Every kept picture, by digest."""
    return store().pictures


def measurements() -> Measurements:
    """What was measured for kept turns, within its quota."""
    return store().measurements


@st.cache_resource(show_spinner=False)
def _port(name: str, backend: str, options: str, _settings: Settings) -> Any:
    """One engine for each (port, back-end, options): what two assemblies share is loaded once."""
    return build_port(_settings, name)


def _shared_port(chosen: Settings, name: str) -> Any:
    port = chosen.ports[name]
    return _port(name, port.backend, json.dumps(dict(port.options), sort_keys=True, default=str), chosen)


@st.cache_resource(show_spinner=False)
def engines() -> Engines:
    """Every engine of the settings, with the memo they share."""
    return assemble(settings(), _shared_port)


# Ports that nothing serves in a plain installation -> what a user calls them, and what an engine there would add
EXTRA = {
    "speech": ("Asking by voice", "requests spoken into the microphone."),
    "planning": ("Planning", "long requests taken apart into steps by a language model."),
}


def absent() -> list[tuple[str, str, EngineStatus]]:
    """What no engine here does: title, what one would add, and its word on why it is not there."""
    chosen = settings()
    found = [(*EXTRA[port], _shared_port(chosen, port).status()) for port in EXTRA]
    missing = [(BUTTONS[intent], f"{needs}.", EngineStatus(False)) for intent, needs in MISSING.items()]
    return [(title, adds, status) for title, adds, status in (*found, *missing) if not status.ready]


def statuses() -> dict[str, EngineStatus]:
    """Each port's word on whether it can work here and now; nothing is loaded."""
    parts = engines()
    return {port: getattr(parts, attribute).status() for port, (_, attribute) in PORTS.items()}


@st.cache_resource(show_spinner=False)
def warm_up() -> Handle:
    """Load the nets in the worker, once a process; called after the first paint."""
    parts = engines()
    return worker().submit("warm-up", lambda job: _warm(parts, job))


def _warm(parts: Engines, job: Job) -> Iterator[str]:
    """Use every engine once on next to nothing.

    Streamlit collects garbage after every run; what the libraries made is taken out of its sight, or each run would
    take up to half a second longer.
    """
    tiny = ImageAsset.of(np.full((WARM_UP_SIDE, WARM_UP_SIDE, 3), 127, np.uint8), "warm-up")
    uses: dict[str, Callable[[], object]] = {
        "intent": lambda: parts.intent.classify([WARM_UP_TEXT]),
        "keywords": lambda: parts.keywords.extract(WARM_UP_TEXT),
        "detector": lambda: getattr(parts.detector, "engine", parts.detector).propose(tiny, WARM_UP_PHRASES, job),
        "segmenter": lambda: parts.segmenter.segment(tiny, (Prompt((8.0, 8.0, 56.0, 56.0)),), job),
        "tables": _a_table,
    }
    for name, use in uses.items():
        try:
            use()
        except WorkbenchError:
            continue  # the engine's status says why, and the turn that needs it says it again
        yield name
    gc.collect()
    gc.freeze()


DAY = 86_400  # seconds; Streamlit reads words for it with pandas, which would be loaded before the first paint


@st.cache_resource(show_spinner=False, ttl=DAY)
def tidy() -> Handle:
    """Let go of chats that are too old, and of what refers to nothing, once a day; called after the first paint."""
    chats = store()
    return worker().submit("tidy", lambda job: _tidied(chats))


def _tidied(chats: SessionStore) -> Iterator[object]:
    try:
        yield chats.tidy()
    except StorageError:
        return  # the page that lists the chats says it


def _a_table() -> object:
    """Loads what a page needs for its first table; Home, where most begin, has none."""
    import pandas as pd
    import pyarrow as pa  # type: ignore[import-untyped]

    return pa.Table.from_pandas(pd.DataFrame({"": [0]}))


@dataclass
class Fetching:
    """The fetch of the weights that runs, or the last one. failed: message and remedy."""

    handle: Handle | None = None
    text: str = ""
    fraction: float | None = None
    failed: tuple[str, str] | None = None

    @property
    def running(self) -> bool:
        return self.handle is not None and not self.handle.finished


@st.cache_resource(show_spinner=False)
def fetching() -> Fetching:
    """There is one cache of weights, so there is one fetch, seen by everyone."""
    return Fetching()


def fetch_weights() -> None:
    """Begin to fetch the weights in the worker, unless that is going on already."""
    state = fetching()
    if state.running:
        return
    state.text, state.fraction, state.failed = "Waiting for the worker", None, None

    def report(fraction: float | None, text: str) -> None:
        state.fraction, state.text = fraction, text

    cache_dir = settings().cache_dir
    state.handle = worker().submit("weights", lambda job: _fetch(cache_dir, state, job), Job(report))


def _fetch(cache_dir: Path, state: Fetching, job: Job) -> Iterator[str]:
    from core.shared_models.weights import Weights

    try:
        Weights(cache_dir).fetch(job)
        yield "fetched"
    except WorkbenchError as error:
        state.failed = (error.message, error.remedy)
