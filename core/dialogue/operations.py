"""The closed table of what a request may do to the last result: what each operation means, and what asks back.

The last result is the turn in force: the newest that looked at a picture and was not taken back. "Objects" are its
numbered objects, as shown. What is not in this table is a request of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.types.reference import Operation


@dataclass(frozen=True)
class Entry:
    """does: what changes. measures: what is newly measured ("nothing" where stored measurements are enough).

    examples: as a user says it. asks: when it asks back, and what its buttons offer.
    """

    does: str
    measures: str
    examples: tuple[str, ...]
    asks: str


OPERATIONS: dict[Operation, Entry] = {
    Operation.KEEP: Entry(
        "Only the objects named stay; the others are put away. The intent and the question stay as they were.",
        "nothing",
        (
            "only the left one", "just the second", "the second", "number 3", "keep 1 and 3", "the two largest",
            "only the dogs", "the red one", "I mean the one on the right", "only that one",
        ),
        "No object fits, or several fit one place alike: a button for each object that might be meant.",
    ),
    Operation.ADD: Entry(
        "More joins what is there: a thing newly named, or an object of this picture that was put away before.",
        "only things newly named",
        ("and the ball too", "also the cat", "plus the people", "the second one too", "and the other one as well"),
        "Words that name neither a thing nor an object put away: what should be added?",
    ),
    Operation.REJECT: Entry(
        "The objects named are put away; the others stay. The picture is not changed.",
        "nothing",
        ("not that one", "not the left one", "without the second", "drop number 3", "forget the ball", "all but 2"),
        "“Not that one” with several objects and none selected: a button for each object.",
    ),
    Operation.GROW: Entry(
        "The masks' edges of the objects named (all, where none is named) move out, by a step or by the amount said.",
        "nothing",
        ("grow the mask", "expand the outline by 5 pixels", "make the mask bigger", "a bit wider around the dog"),
        "“Make it bigger”, “bigger”: the mask, the picture, or the label? Objects without a mask: outline them first?",
    ),
    Operation.SHRINK: Entry(
        "The same, moving in.",
        "nothing",
        ("shrink the mask", "tighter", "make the outline 3 px smaller", "tighten the mask of the second"),
        "“Make it smaller”: the mask or the picture?",
    ),
    Operation.UNDO: Entry(
        "The result before the last one that was not taken back is shown again, with its picture, objects and"
        " thresholds; once more goes back further.",
        "nothing",
        ("undo", "go back", "undo that", "never mind", "take that back", "revert"),
        "Nothing is left to take back: it says so.",
    ),
    Operation.REPEAT: Entry(
        "The same intent and question again: on another picture, or about other things on the same picture.",
        "the other picture, or the things newly named",
        (
            "the same on this picture", "do that on picture 2", "now on all pictures", "again on the new one",
            "what about people?", "how about the dogs?", "and in the second picture?", "same for the cat",
        ),
        "No other picture is there: open one?",
    ),
    Operation.INTENT: Entry(
        "Something else is done with the objects shown, or with those of them that are named.",
        "nothing but masks that are missing, and the filling of gaps",
        (
            "remove it", "remove the left one", "now segment them", "just boxes please", "how big is it?",
            "what colour is the second one?", "cut it out", "count them", "where is it?",
        ),
        "“It”, “that one” with several objects and none selected, where one is needed: a button for each, and for all.",
    ),
    Operation.RAISE: Entry(
        "A threshold goes up by a step, or to the value said: fewer objects pass.",
        "nothing",
        ("be stricter", "raise the threshold", "only sure ones", "threshold 0.6", "fewer boxes"),
        "The value is no share between 0 and 1: it says so.",
    ),
    Operation.LOWER: Entry(
        "A threshold goes down by a step, or to the value said: more objects pass.",
        "nothing but masks of objects newly let in",
        ("be less strict", "lower the threshold", "show weaker ones too", "threshold 0.1", "more boxes"),
        "The value is no share between 0 and 1: it says so.",
    ),
}  # fmt: skip
