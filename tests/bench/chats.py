"""Chats to open: requests answered by the real engines on pictures of 12 megapixels, kept in a folder of their own."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from core.dialogue.conversation import Piece, converse
from core.dialogue.engines import assemble
from core.jobs import Job
from core.pictures import encode_jpeg
from core.sessions.store import SessionStore
from core.settings import load_settings
from core.types.events import Completed
from core.types.picture import PictureRef
from core.types.record import Record, Result
from core.types.turn import Turn, new_id
from tests.bench.pictures import resized, sample

BROWSER = "0" * 31 + "1"  # the cookie of the user whose chats these are
OWNER = f"browser {BROWSER}"
PICTURES, WIDTH, HEIGHT, QUALITY = 10, 4000, 3000, 92
NOISE = 6  # levels of 255: of a camera in a dim room
SUBJECTS = {"astronaut": "person", "cat": "cat", "coffee": "cup", "motorcycle": "motorcycle"}
REQUESTS = (
    "is there a {}?", "detect the {}", "what is in the picture?", "outline the red circle", "segment the {}",
)  # fmt: skip


def picture(number: int) -> bytes:
    """One of ten photographs of 12 megapixels: enlarged, with a camera's noise, a red circle and a blue box."""
    rng = np.random.default_rng(number)
    pixels = resized(sample(tuple(SUBJECTS)[number % len(SUBJECTS)]), WIDTH, HEIGHT, number).pixels.astype(np.int16)
    pixels += rng.integers(-NOISE, NOISE + 1, pixels.shape, np.int16)
    drawn = np.clip(pixels, 0, 255).astype(np.uint8)
    x, y = int(rng.integers(300, WIDTH - 300)), int(rng.integers(300, HEIGHT - 300))
    cv2.circle(drawn, (x, y), 220, (214, 30, 32), -1, cv2.LINE_AA)
    cv2.rectangle(drawn, (60, 60 + 40 * number), (420, 260 + 40 * number), (30, 60, 210), -1)
    return encode_jpeg(drawn, None, QUALITY)


@dataclass(frozen=True)
class Answered:
    """A request and what came of it, measurements included."""

    picture: PictureRef
    turn: Turn


@dataclass
class Library:
    """A data folder with ten pictures and what the engines said of them; `chat` makes chats of it."""

    folder: Path

    def __post_init__(self) -> None:
        self.settings = replace(load_settings(), data_dir=self.folder)
        self.store = SessionStore(self.settings)
        self.pictures = [self.store.pictures.add(picture(n), f"photo {n + 1}.jpg") for n in range(PICTURES)]
        for ref in self.pictures:
            self.store.pictures.thumbnail(ref)  # as they are there once a page has shown them

    @functools.cached_property
    def answers(self) -> list[Answered]:
        """Fifty: five requests about each picture. They go round the pictures, so that a page shows many of them."""
        engines, found = assemble(self.settings), []
        names = tuple(SUBJECTS.values())
        for request in REQUESTS:
            for number, ref in enumerate(self.pictures):
                name = names[number % len(names)]
                piece = Piece(ref, request.format(name))
                for event in converse((piece,), engines, Job(), self.settings.thresholds, self.store.pictures.open):
                    if isinstance(event, Completed):
                        found.append(Answered(ref, event.turn))
        return found

    def chat(self, title: str, answers: Sequence[Answered]) -> str:
        """A chat about all the pictures, with these answers in turn; its id."""
        chat, node = self.store.create(OWNER, title), ""
        for ref in self.pictures:
            self.store.add_picture(OWNER, chat, ref)
        for answered in answers:
            turn = replace(answered.turn, id=new_id())
            result = Result(answered.picture, turn, None, 0.4, 1, 1)
            steps = ("Understood.", "Measured.", "Put the answer together")
            record = Record(turn.text, parent=node, pictures=(answered.picture,), results=(result,), steps=steps,
                            finished=True)  # fmt: skip
            self.store.put(OWNER, chat, record)
            if turn.proposals is not None:
                self.store.measurements.save(turn)
            node = record.node
        self.store.set_view(OWNER, chat, node, {})
        return chat
