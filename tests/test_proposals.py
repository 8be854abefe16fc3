"""Measurements joined and narrowed: a phrase asked for later, a phrase no longer wanted."""

from __future__ import annotations

import numpy as np

from core.types.boxes import Basis, Proposals
from tests.fakes import measured_boxes

LEFT, RIGHT, BALL = (0.0, 0.0, 10.0, 10.0), (20.0, 0.0, 30.0, 10.0), (40.0, 0.0, 50.0, 10.0)


def dogs() -> Proposals:
    return measured_boxes([(LEFT, (0.9, 0.1)), (RIGHT, (0.6, 0.0))], ("dog", "animal"))


def test_only_keeps_the_columns_asked_for_and_the_boxes_that_speak_about_them() -> None:
    narrow = dogs().only(("animal",))
    assert narrow.phrases == ("animal",)
    assert narrow.boxes.tolist() == [list(LEFT)]
    assert np.allclose(narrow.scores, [[0.1]])
    assert len(dogs().only(("zebra",))) == 0
    assert dogs().only(("animal", "dog")).phrases == ("animal", "dog")


def test_joined_has_every_box_once() -> None:
    balls = measured_boxes([(RIGHT, (0.2,)), (BALL, (0.8,))], ("ball",))
    both = dogs().joined(balls)
    assert both.phrases == ("dog", "animal", "ball")
    assert both.boxes.tolist() == [list(LEFT), list(RIGHT), list(BALL)]
    assert np.allclose(both.scores, [[0.9, 0.1, 0], [0.6, 0, 0.2], [0, 0, 0.8]])
    assert [both.engines[p] for p in both.passes] == [dogs().engines[0]] * 2 + [balls.engines[0]]


def test_a_box_of_another_basis_is_another_box() -> None:
    read = measured_boxes([(LEFT, (0.7,))], ("text",), basis=(Basis.TEXT,))
    assert len(dogs().joined(read)) == 3


def test_joining_with_nothing_changes_nothing_but_the_phrases() -> None:
    both = dogs().joined(Proposals.none(("cup",)))
    assert both.phrases == ("dog", "animal", "cup")
    assert both.boxes.tolist() == dogs().boxes.tolist()
    assert not both.scores[:, 2].any()
    from_nothing = Proposals.none(("cup",)).joined(dogs())
    assert from_nothing.phrases == ("cup", "dog", "animal")
    assert len(from_nothing) == 2
