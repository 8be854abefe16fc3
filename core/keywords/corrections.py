"""As in "the cat, no, the dog": what a speaker takes back, and what takes its place."""

from __future__ import annotations

from core.keywords.structure import Structure
from core.keywords.words import Chunk, Slot, Tag, near

_PREPS = frozenset((Tag.PREP, Tag.OF, Tag.TO))
_DEPTH = 12


def corrected(structure: Structure) -> frozenset[int]:
    """Numbers of the chunks that were taken back; those that replace them get their places."""
    gone: set[int] = set()
    for index, word in enumerate(structure.words):
        if word.tag == Tag.CORRECTION:
            gone |= _correct(structure, index)
    return frozenset(gone)


def _correct(structure: Structure, index: int) -> set[int]:
    before = next((n for n in range(len(structure.chunks) - 1, -1, -1) if structure.chunks[n].end <= index), None)
    after = next((n for n, chunk in enumerate(structure.chunks) if chunk.start > index), None)
    if after is not None and structure.sentence(structure.chunks[after].start)[0] > index:
        after = None
    _correct_marks(structure, index, after)
    if before is None or after is None:
        return set()
    new, between = structure.chunks[after], structure.words[index : structure.chunks[after].start]
    if any(word.order for word in between):
        return _clause_of(structure, before)
    placed = near(structure.words, new.start - 1) in _PREPS
    old = before if placed else _topmost(structure, before)
    _replace(structure.chunks[old], new)
    return {n for n in range(before + 1) if n == old or _topmost(structure, n) == old} if not placed else {old}


def _correct_marks(structure: Structure, index: int, after: int | None) -> None:
    """As in "on the left, no, on the right": a later place without a thing takes back the earlier one."""
    end = structure.sentence(index)[1]
    stop = structure.chunks[after].start if after is not None else end
    if any(word.tag == Tag.MARK and word.filters for word in structure.words[index:stop]):
        for word in structure.words[:index]:
            if word.tag == Tag.MARK:
                word.filters = ()


def _topmost(structure: Structure, number: int) -> int:
    for _ in range(_DEPTH):
        parent = structure.chunks[number].parent
        if parent is None:
            break
        number = parent
    return number


def _clause_of(structure: Structure, number: int) -> set[int]:
    """Everything that was said since the last order before a chunk."""
    start = next((i for i in range(structure.chunks[number].start, -1, -1) if structure.words[i].order), 0)
    return {n for n in range(number + 1) if structure.chunks[n].start > start}


def _replace(old: Chunk, new: Chunk) -> None:
    new.slot, new.verb, new.prep, new.parent, new.joined = old.slot, old.verb, old.prep, old.parent, old.joined
    if new.slot == Slot.OWNER:
        new.slot = Slot.OBJECT
