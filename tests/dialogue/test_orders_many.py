"""Very many ways to say each operation (utterances.csv): the operation that is read."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from core.dialogue.orders import read_order
from core.types.reference import Operation
from tests.dialogue.orders_helpers import ENGINES, NAMED

UTTERANCES = Path(__file__).with_name("utterances.csv")


def said(operation: str) -> list[str]:
    with UTTERANCES.open(encoding="utf-8", newline="") as lines:
        return [row["text"] for row in csv.DictReader(lines) if row["operation"] == operation]


@pytest.mark.parametrize("operation", Operation)
def test_every_wording_is_read_as_its_operation(operation: Operation) -> None:
    texts = said(operation.value)
    assert len(texts) >= 40
    read = {text: read_order(text, ENGINES, (), NAMED) for text in texts}
    assert {
        text: order and order.operation.value
        for text, order in read.items()
        if not order or order.operation != operation
    } == {}


def test_a_wording_of_none_is_a_request_of_its_own() -> None:
    texts = said("none")
    assert len(texts) >= 60 and [text for text in texts if read_order(text, ENGINES) is not None] == []
