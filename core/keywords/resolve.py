"""Chunks that lean on others: "the brown and the white dog", "the big dog and the small one", "everything red"."""

from __future__ import annotations

from core.keywords.chunks import sort_of
from core.keywords.structure import Structure
from core.keywords.words import Chunk, Sort, Tag, near


def resolve(structure: Structure) -> None:
    """Give such chunks the noun they stand for, in place."""
    for number, chunk in enumerate(structure.chunks):
        sort = sort_of(chunk)
        following = structure.chunks[number + 1] if number + 1 < len(structure.chunks) else None
        if sort == Sort.MODIFIER and following is not None and _shares_noun(structure, chunk, following):
            _lend(chunk, following, number)
        elif sort == Sort.MODIFIER and number and _qualifies_all(structure, number):
            _name(chunk, chunk.adjectives, "")
            structure.chunks[number - 1].tags = "Z"
            structure.chunks[number - 1].determiner, structure.chunks[number - 1].words = "", ["thing"]
            chunk.slot, chunk.verb = structure.chunks[number - 1].slot, structure.chunks[number - 1].verb
            chunk.joined = chunk.parent = None
        elif sort == Sort.ANAPHOR or (sort == Sort.MODIFIER and chunk.determiner):
            _refer(structure, number)


def _shares_noun(structure: Structure, chunk: Chunk, following: Chunk) -> bool:
    joined = near(structure.words, chunk.end) in (Tag.AND, Tag.COMMA) and chunk.end + 1 == following.start
    return joined and sort_of(following) in (Sort.THING, Sort.ANAPHOR) and bool(chunk.determiner or chunk.filters)


def _lend(chunk: Chunk, following: Chunk, number: int) -> None:
    if not chunk.adjectives:
        following.filters[:0] = chunk.filters
        return
    _name(chunk, chunk.adjectives, following.head)
    if following.joined == number:
        return
    chunk.slot, chunk.verb, chunk.prep, chunk.parent = following.slot, following.verb, following.prep, following.parent
    chunk.joined = following.joined if following.joined != number else None


def _qualifies_all(structure: Structure, number: int) -> bool:
    chunk, before = structure.chunks[number], structure.chunks[number - 1]
    return bool(chunk.adjectives) and before.end == chunk.start and sort_of(before) in (Sort.ALL, Sort.VAGUE)


def _refer(structure: Structure, number: int) -> None:
    """As in "the red one": the noun of the thing named before; without one, the adjectives alone."""
    chunk = structure.chunks[number]
    if not chunk.adjectives and not chunk.filters:
        return
    last = structure.chunks[number - 1] if number else None
    if last is not None and last.end == chunk.start and sort_of(last) == Sort.THING and sort_of(chunk) == Sort.ANAPHOR:
        last.words = [*chunk.adjectives, *last.words]  # "the scissors, the orange ones": the same ones, better named
        last.adjectives, last.filters = [*chunk.adjectives, *last.adjectives], [*last.filters, *chunk.filters]
        chunk.words, chunk.adjectives, chunk.filters = [], [], []
        return
    named = [c for c in structure.chunks[:number] if sort_of(c) == Sort.THING and c.head]
    if named:
        _name(chunk, chunk.adjectives, named[-1].head)
    elif chunk.adjectives:
        _name(chunk, chunk.adjectives, "")


def _name(chunk: Chunk, adjectives: list[str], head: str) -> None:
    chunk.words = [*adjectives, head] if head else list(adjectives)
    chunk.head, chunk.tags = head, "N"
