"""`chat` as a dialogue: later words act on the result before, on the picture that they are about, and say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.cli import chat
from core.types.boxes import Box
from tests.cli.conftest import Talk, TalkJson
from tests.fakes import fake_engines

ONE: Box = (10.0, 10.0, 40.0, 40.0)
TWO: Box = (60.0, 10.0, 90.0, 40.0)
BALL: Box = (60.0, 50.0, 90.0, 70.0)
OBJECTS = (("dog", ONE, 0.9), ("dog", TWO, 0.8), ("ball", BALL, 0.7))


@pytest.fixture(autouse=True)
def two_dogs(engines: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every picture shows two dogs and a ball."""
    monkeypatch.setattr(chat, "assemble", lambda settings: fake_engines(OBJECTS))


def boxes(turn: dict[str, Any]) -> list[Box]:
    return [tuple(d["box"]) for d in turn["detections"]]  # type: ignore[misc]


def numbers(turn: dict[str, Any]) -> list[int]:
    return [picture["number"] for picture in turn["pictures"]]


def test_ten_lines_over_two_pictures(told: TalkJson, grey: Path, blue: Path) -> None:
    lines = (
        "segment the dogs in picture 1", "only the left one", "undo", "not that one", "2", "and the ball too",
        "the same on picture 2", "make it bigger", "the mask", "how many dogs are there?",
    )  # fmt: skip
    turns = told("\n".join(lines), grey, blue)
    assert len(turns) == len(lines)
    assert all({"references", "pictures", "detections"} <= set(turn) for turn in turns)
    segmented, left, undone, asked, rejected, joined, other, which, grown, counted = turns
    assert (boxes(segmented), numbers(segmented), segmented["references"]) == ([ONE, TWO], [1], [])

    assert (boxes(left), numbers(left)) == ([ONE], [1])
    (reference,) = left["references"]
    assert (reference["operation"], reference["objects"], reference["picture"]) == ("keep", [1], 1)
    assert reference["turn"] == segmented["id"]
    assert "left" in reference["words"]
    assert "object 1" in reference["meaning"]

    assert (boxes(undone), numbers(undone)) == ([ONE, TWO], [1])
    assert undone["references"][0]["operation"] == "undo"

    assert (asked["status"], asked["references"]) == ("asked", [])
    assert boxes(asked) == [ONE, TWO], "still in force"
    assert [a["label"][0] for a in asked["actions"]] == ["1", "2"]
    assert boxes(rejected) == [ONE]
    assert (rejected["references"][0]["operation"], rejected["references"][0]["objects"]) == ("reject", [2])

    assert boxes(joined) == [ONE, BALL]
    assert joined["references"][0]["phrases"] == ["ball"]

    assert (numbers(other), other["references"][0]["operation"]) == ([2], "repeat")
    assert {d["picture"] for d in other["detections"]} == {2}
    assert BALL in boxes(other)

    assert which["status"] == "asked"
    areas = {tuple(d["box"]): d["mask_area"] for d in which["detections"]}
    assert grown["references"][0]["operation"] == "grow"
    assert all(d["mask_area"] > areas[tuple(d["box"])] for d in grown["detections"])
    assert len(grown["detections"]) == len(areas) > 0
    assert (counted["status"], counted["intent"]["label"]) == ("done", "answer")


def test_the_selected_object_is_what_it_means(told: TalkJson, grey: Path) -> None:
    _, selected, removed, after = told("segment the dogs\n/select 2\nremove it\n/select none\n", grey)
    assert selected["selected"] == 2
    (reference,) = removed["references"]
    assert (reference["operation"], reference["objects"]) == ("intent", [2])
    assert boxes(removed) == [TWO]
    assert removed["edited"]
    assert after["selected"] is None


def test_a_selection_ends_with_the_result_that_it_was_made_in(told: TalkJson, grey: Path) -> None:
    turns = told("segment the dogs\n/select 2\nfind the ball\n/pictures\n", grey)
    assert turns[-1]["selected"] is None
    asking = told("segment the dogs\n/select 2\nhello\n/pictures\n", grey)
    assert asking[-1]["selected"] == 2, "nothing was numbered anew"


def test_undo_goes_back_turn_by_turn_to_nothing(told: TalkJson, grey: Path) -> None:
    turns = told("segment the dogs\nonly the left one\n/undo\nundo\nundo\nfind the ball\n", grey)
    assert [boxes(turn) for turn in turns] == [[ONE, TWO], [ONE], [ONE, TWO], [], [], [BALL]]
    assert turns[4]["status"] == "asked", "nothing is left to take back"


def test_a_reference_over_several_pictures_is_one_line(told: TalkJson, grey: Path, blue: Path) -> None:
    _, segmented, kept, undone = told("/use all\nsegment the dogs\nonly the right one\nundo\n", grey, blue)
    assert [(d["picture"], tuple(d["box"])) for d in segmented["detections"]] == [
        (1, ONE),
        (1, TWO),
        (2, ONE),
        (2, TWO),
    ]
    assert [(d["picture"], tuple(d["box"])) for d in kept["detections"]] == [(1, TWO), (2, TWO)]
    assert [(r["operation"], r["picture"]) for r in kept["references"]] == [("keep", 1), ("keep", 2)]
    assert undone["detections"] == segmented["detections"]


def test_nothing_is_measured_for_what_was_measured(told: TalkJson, grey: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = fake_engines(OBJECTS)
    monkeypatch.setattr(chat, "assemble", lambda settings: parts)
    lines = ["segment the dogs", *("only the left one", "undo") * 6]
    told("\n".join(lines), grey)
    assert parts.detector.calls == 1  # type: ignore[attr-defined]
    assert parts.segmenter.calls == 2  # type: ignore[attr-defined]


def test_people_read_what_words_were_resolved_to(talk: Talk, grey: Path) -> None:
    done = talk("segment the dogs\nonly the left one\nmake it bigger\n1\n", grey)
    assert "“only the left one”: only object 1, the dog on the left" in done.out
    assert "  1) The mask\n  2) The picture\n" in done.out
    assert "px out" in done.out
    assert done.err == ""


def test_a_choice_of_the_page_alone_is_an_error_with_a_remedy(told: TalkJson, grey: Path) -> None:
    _, asked, refused, grown = told("segment the dogs\nmake it bigger\nthe label\nthe mask\n", grey)
    assert "The label" in [a["label"] for a in asked["actions"]]
    assert refused["error"]["remedy"]
    assert grown["references"][0]["operation"] == "grow"
