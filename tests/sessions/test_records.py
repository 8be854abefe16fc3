"""What is written into a row comes back as it was."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from core.packing import pack, unpack
from core.sessions.records import UNREADABLE, from_bytes, json_text, refs_of, slim, to_bytes
from core.sessions.store import SessionStore
from core.types.picture import PictureRef
from core.types.record import Record, Result
from core.types.turn import Turn
from tests.sessions.values import differences, png, rich_record, rich_turn

REF = PictureRef("a" * 64, "d" * 64, "dog.png", 60, 40, "PNG", (60, 40), 6, ("turned",), "sample", "")


def test_the_rich_turn_leaves_no_field_as_it_is_by_default() -> None:
    turn, plain = rich_turn(), Turn("", "", rich_turn().status, rich_turn().thresholds)
    alike = [f.name for f in fields(Turn) if repr(getattr(turn, f.name)) == repr(getattr(plain, f.name))]
    assert set(alike) <= {"status", "thresholds", "edited"}


def test_a_rich_turn_packs_without_loss() -> None:
    turn = rich_turn()
    assert not differences(turn, unpack(Turn, json.loads(json_text(pack(turn)))))


def test_numbers_of_numpy_come_back_as_the_same_numbers() -> None:
    timings: Any = {"detect": np.float32(0.1)}
    turn = replace(rich_turn(), timings_ms=timings)
    back = unpack(Turn, json.loads(json_text(pack(turn))))
    assert back.timings_ms["detect"] == np.float32(0.1)


@pytest.mark.parametrize("shape", [[2**40], [-1, 4], [3, 3]])
def test_an_array_that_lies_about_its_size_is_refused(shape: list[int]) -> None:
    plain = json.loads(json_text(pack(rich_turn())))
    plain["masks"]["items"][0]["packed"]["shape"] = shape
    with pytest.raises(ValueError):
        unpack(Turn, plain)


def test_a_record_is_kept_without_measurements_and_pixels() -> None:
    record = rich_record(REF)
    back = from_bytes(to_bytes(record), record.id, record.node, "", record.created)
    assert back.results[0].turn.proposals is None and not back.results[0].turn.bank
    assert not differences(slim(record), back)
    assert len(to_bytes(record)) < 6000


@pytest.mark.parametrize("data", [b"", b"rubbish", to_bytes(Record("hello"))[:-9]])
def test_a_row_that_cannot_be_read_says_so_in_its_place(data: bytes) -> None:
    record = from_bytes(data, "1", "2", "3", 4.0)
    assert (record.id, record.node, record.parent, record.created) == ("1", "2", "3", 4.0)
    assert record.finished and record.failed == UNREADABLE


def test_what_an_earlier_or_later_program_wrote_is_read() -> None:
    plain = json.loads(json_text(pack(slim(rich_record(REF)))))
    plain["results"][0]["turn"]["mood"] = "unknown to this version"
    del plain["results"][0]["turn"]["adjustments"]
    record = unpack(Record, plain)
    assert record.results[0].turn.adjustments.kept == ()
    assert record.results[0].turn.text == plain["text"]


def test_every_picture_of_a_record_is_found_once_and_in_order() -> None:
    second, edited = replace(REF, key="b" * 64), replace(REF, key="c" * 64)
    record = Record("x", pictures=(REF, second), results=(Result(REF, rich_turn(), edited), Result(None, rich_turn())))
    assert [ref.key[0] for ref in refs_of(record)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "text", ["\ud800 half a character", "nul \x00 inside", "שלום 👋🏽 **bold** <b>html</b>", "x" * 20_000, "\n\t\r"]
)
def test_any_text_is_kept_as_it_was_said(store: SessionStore, text: str) -> None:
    chat = store.create("me", text)
    picture = store.pictures.add(png(1), "a.png")
    store.put("me", chat, replace(rich_record(picture), text=text, steps=(text,)))
    kept = store.load("me", chat)
    assert kept.records[0].text == text and kept.records[0].steps == (text,)
    assert "\n" not in kept.title and len(kept.title) <= 200
