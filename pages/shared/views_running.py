"""A request while it runs: its steps, what goes on now, its place in the queue, and a first look at the picture."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import overlay
from core.errors import StorageError
from core.jobs import Handle
from core.pictures import encode_jpeg
from core.types.masks import MaskSet
from pages.shared import engines, turns
from pages.shared.state import Exchange, Glance
from pages.shared.texts import count, escape, seconds

STOPPING = "Stopping: the engine ends its layer"
PREVIEW = "Preview: a quick look; the full pass replaces it."
WHOLE = "The boxes of the full pass; the answer follows."
PREVIEW_SIDE, PREVIEW_QUALITY = 1024, 80  # pixels of the longer side; of the JPEG


class Place(Protocol):
    """Where something that runs is shown."""

    @property
    def running(self) -> bool:
        """Whether the page still waits for it."""
        ...

    def collect(self, wait: float) -> None:
        """Take what it has yielded; waits up to `wait` seconds for the first of it."""
        ...

    def draw(self) -> None:
        """Show what is going on now. Every call writes: that is where Streamlit can end the script."""
        ...


@dataclass
class Running:
    """The place on the page where a running exchange's steps appear, and the picture below them."""

    exchange: Exchange
    status: DeltaGenerator
    picture: DeltaGenerator
    begun: float = field(default_factory=time.monotonic)
    drawn: int = 0
    shown: Glance | None = None

    @property
    def running(self) -> bool:
        return self.exchange.running

    def collect(self, wait: float) -> None:
        turns.collect(self.exchange, wait)

    def draw(self) -> None:
        """Add new steps and a newer look at the picture; say what is going on now."""
        exchange = self.exchange
        for line in exchange.steps[self.drawn :]:
            self.status.caption(f":material/check: {escape(line)}")
        self.drawn = len(exchange.steps)
        if exchange.glance is not self.shown:
            self.shown = exchange.glance
            _first_look(self.picture, exchange.glance)
        now = doing(exchange.handle, exchange.live.text, exchange.live.fraction)
        self.status.update(label=f":shimmer[{escape(now)}] · {seconds(time.monotonic() - self.begun)}")  # type: ignore[attr-defined]


def doing(handle: Handle | None, text: str, fraction: float | None) -> str:
    """What work does at the moment: it stops, waits behind others, or says itself how far it is."""
    if handle is not None and handle.job.cancelled and not handle.background:
        return STOPPING
    if handle is not None and not handle.started:
        if not engines.warm_up().finished:
            return "Loading the engines, once"
        ahead = engines.worker().ahead(handle)
        return f"Waiting for its turn{f': {are_ahead(ahead)}' if ahead else ''}"
    done = f" ({fraction:.0%})" if fraction else ""
    return f"{text or 'Starting'}{done}"


def are_ahead(number: int) -> str:
    """ "1 request is ahead", "2 requests are ahead"."""
    return f"{count(number, 'request')} {'is' if number == 1 else 'are'} ahead"


def _first_look(place: DeltaGenerator, glance: Glance | None) -> None:
    """The picture with the boxes known until now, marked as no answer; nothing where there is no such look."""
    if glance is None:
        place.empty()
        return
    try:
        image = engines.pictures().open(glance.picture)
    except StorageError:  # the answer says so
        return
    pixels = overlay.draw(image, glance.detections, MaskSet(), overlay.Layers(masks=False), PREVIEW_SIDE)
    told = ", ".join(f"{n} {d.phrase}" for n, d in enumerate(glance.detections.items, 1)) or "nothing"
    words = WHOLE if glance.whole else PREVIEW
    with place.container(), st.columns([3, 2], gap="medium")[0]:
        st.caption(f":orange[:material/bolt:] **{words}** Marked: {escape(told)}.")
        st.image(encode_jpeg(pixels, None, PREVIEW_QUALITY), width="stretch", alt=f"{words} Marked: {told}.")


def clear(places: int) -> None:
    """Empty places: while a script goes on, Streamlit leaves what an earlier run drew in them standing, pale."""
    for _ in range(places):
        st.empty()
