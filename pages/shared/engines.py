"""Engines, memo and worker of the process: the only things that users share. Each is made once, and cheap to make."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import streamlit as st

from core.dialogue.engines import Engines, assemble, build_port
from core.dialogue.wording import BUTTONS, MISSING
from core.errors import SettingsError, StorageError, WorkbenchError
from core.jobs import Handle, Job, Worker
from core.memo import Memo, RememberingDetector, RememberingSegmenter
from core.ports import Detector, Segmenter
from core.sessions.measurements import Measurements
from core.sessions.pictures import PictureStore
from core.sessions.store import SessionStore
from core.settings import Settings, load_settings
from core.shared_models import memory
from core.types.engine import EngineStatus
from pages.shared import warming

# Port of the settings -> what a user calls it, and the field of `Engines` that serves it
PORTS: dict[str, tuple[str, str]] = {
    "detection": ("Finding things", "detector"),
    "segmentation": ("Outlining them", "segmenter"),
    "intent": ("Understanding requests", "intent"),
    "keywords": ("Finding the words for things", "keywords"),
    "answering": ("Answering questions", "describer"),
    "editing": ("Removing things", "editor"),
}


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The settings of this process. Raises `SettingsError` until the files are right."""
    return load_settings()


def wrong() -> SettingsError | None:
    """Why the settings files cannot be read; None where they could."""
    try:
        settings()
    except SettingsError as error:
        return error
    return None


@st.cache_resource(show_spinner=False)
def worker() -> Worker:
    """The one thread in which engines run; at rest it gives back the gigabytes that a pass of a large model frees."""
    return Worker("pages", memory.trim)


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


def key_of(chosen: Settings, name: str) -> tuple[str, str, str]:
    """What makes an engine another one: port, back-end, its options and, for a model of this process, `[local]`."""
    port = chosen.ports[name]
    own_model = "device" in port.options or ":" in port.backend
    made_of = [dict(port.options), asdict(chosen.runtime) if own_model else {}]
    return name, port.backend, json.dumps(made_of, sort_keys=True, default=str)


def _shared_port(chosen: Settings, name: str) -> Any:
    return _port(*key_of(chosen, name), chosen)


@st.cache_resource(show_spinner=False, max_entries=1)
def _measuring(
    keys: tuple[tuple[str, str, str], ...], memo_mb: float, _parts: Engines
) -> tuple[Detector, Segmenter, Memo]:
    """Detector and segmenter with their memo: while both stay, so does what they measured."""
    return _parts.detector, _parts.segmenter, _parts.memo


@st.cache_resource(show_spinner=False)
def engines() -> Engines:
    """Every engine of the settings, with the memo they share."""
    chosen = settings()
    parts = assemble(chosen, _shared_port)
    keys = tuple(key_of(chosen, name) for name in ("detection", "segmentation"))
    detector, segmenter, memo = _measuring(keys, chosen.limits.memo_mb, parts)
    return replace(parts, detector=detector, segmenter=segmenter, memo=memo)


def serving(name: str) -> Any:
    """The engine of a port itself, without the memo around it."""
    known = PORTS.get(name)
    part = getattr(engines(), known[1]) if known is not None else _shared_port(settings(), name)
    return part.engine if isinstance(part, RememberingDetector | RememberingSegmenter) else part


def reread() -> list[tuple[str, Any]]:
    """Take the settings from their files anew: ports that are served otherwise now, with the engine that served them.

    Engines of the other ports stay, with what they loaded. Running turns keep the engines that they began with; every
    page uses the new ones at its next run. Raises `SettingsError`, and all stays as it is, where the files are wrong.
    """
    load_settings()
    old = settings()
    before = {name: (key_of(old, name), serving(name)) for name in old.ports}
    settings.clear()
    engines.clear()
    new = settings()
    changed = [(name, engine) for name, (key, engine) in before.items() if key != key_of(new, name)]
    for name, _ in changed:
        _port.clear(*key_of(old, name), old)
    return changed


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
    """Load the nets in the worker, once a process; called after the first paint. Large models follow as it idles."""
    parts = engines()
    warm = worker().submit("warm-up", lambda job: warming.warm(parts, job))
    worker().submit("warm-up", lambda job: warming.load(parts, job), background=True)
    return warm


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
