"""What a segmenter needs of a picture, measured before anybody asks for it: in the background, and for one user once.

Only the pictures that the next request is about; those of an earlier choice are given up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.errors import Cancelled, WorkbenchError
from core.jobs import Handle, Job
from core.types.picture import PictureRef
from pages.shared import engines
from pages.shared.state import Chat, Session
from pages.shared.warming import settle

KEY = "encoded-ahead"
MOST = 4  # pictures at once: encodings are large, and the first ones would leave before they are used


@dataclass
class Ahead:
    """What is encoded ahead for one session. engine: of whom."""

    engine: Any
    pictures: tuple[PictureRef, ...]
    handle: Handle


def encode(session: Session, chat: Chat) -> None:
    """Have the pictures encoded that the next request is about, where the segmenter can and its weights are here.

    Called by every run of the page; nothing happens where that is done or under way.
    """
    segmenter = engines.engines().segmenter
    engine: Any = getattr(segmenter, "engine", segmenter)
    pictures = tuple(chat.current[:MOST])
    known: Ahead | None = st.session_state.get(KEY)
    if known is not None and (known.engine is engine and known.pictures == pictures):
        return
    if known is not None:
        engines.worker().cancel(known.handle)
        del st.session_state[KEY]
    if not pictures or not callable(getattr(type(engine), "encode", None)) or not engine.status().ready:
        return
    store = engines.pictures()

    def work(job: Job) -> Iterator[str]:
        for picture in pictures:
            job.check()
            try:
                engine.encode(store.open(picture), job)
            except Cancelled:
                raise
            except WorkbenchError:
                continue  # the turn that needs it says so
            yield picture.digest
        settle()

    handle = engines.worker().submit(session.id, work, background=True)
    st.session_state[KEY] = Ahead(engine, pictures, handle)
