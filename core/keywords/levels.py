"""In each clause the least oblique thing is meant: object, else subject, else what stands under a preposition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from core.keywords.chunks import sort_of
from core.keywords.structure import Structure
from core.keywords.words import ENDS, Sort, Tag, near


class Strength(IntEnum):
    """How much a clause asks for its thing."""

    ASIDE = 0
    STATED = 1
    PLACE_ASKED = 2
    WANTED = 3


@dataclass(slots=True)
class Clause:
    """The chunks of one cluster of verbs, by where they stand."""

    key: tuple[int, int]
    strength: Strength = Strength.ASIDE
    objects: list[int] = field(default_factory=list)
    subjects: list[int] = field(default_factory=list)
    obliques: list[int] = field(default_factory=list)
    everything: bool = False
    back: bool = False  # its object is "it" or "them"


def least_oblique(structure: Structure, clause: Clause) -> list[int]:
    objects = _without_soft(structure, clause.objects, clause.objects + clause.subjects + clause.obliques)
    subjects = _without_soft(structure, clause.subjects, clause.objects + clause.subjects)
    if clause.everything:
        return []
    if len(objects + subjects) > 1:
        objects = [n for n in objects if not _is_asked_place(structure, n)]
        subjects = [n for n in subjects if not _is_asked_place(structure, n)]
    asked = [n for n in objects + subjects if _is_asked_which(structure, n)]
    if asked and len(objects + subjects) > 1:
        return asked
    delivered = _delivered_for(structure, clause)
    if delivered:
        return delivered
    sought = _sought(structure, clause)
    if sought:
        return sought
    if objects and subjects:
        return _object_or_subject(structure, clause, objects, subjects)
    if objects or subjects:
        return (objects or subjects) + _compared(structure, clause)
    return _oblique(structure, clause)


def _without_soft(structure: Structure, some: Sequence[int], among: Sequence[int]) -> list[int]:
    """Soft words of delivery count only where nothing else is there."""
    things = [n for n in among if sort_of(structure.chunks[n]) == Sort.THING]
    return [n for n in some if not things or sort_of(structure.chunks[n]) == Sort.THING]


def _object_or_subject(structure: Structure, clause: Clause, objects: list[int], subjects: list[int]) -> list[int]:
    """As in "how many windows does the house have": the object; "is the girl holding a cup": the subject."""
    chunks, words = structure.chunks, structure.words
    verbs = {chunks[n].verb for n in objects}
    ordered = any(v >= 0 and words[v].order for v in verbs)
    fronted = min(objects) < min(subjects)
    which = any(chunks[n].determiner in ("which", "what", "many") for n in subjects)
    has = not which and any(v >= 0 and structure.lexicon.has("haves", words[v].text) for v in verbs)
    shared = any(chunks[n].verb == chunks[m].verb for n in objects for m in subjects)
    seen = any(v >= 0 and structure.lexicon.has("perceives", words[v].text) for v in verbs)
    if seen and not ordered and chunks[min(subjects)].determiner in ("a", "an", "any", "anyone"):
        return objects  # "would a nurse be able to see the tube?"
    if not shared and not (fronted and chunks[min(objects)].determiner in ("which", "what", "many")):
        return sorted(objects + subjects)
    lost = not which and any(v >= 0 and structure.lexicon.has("loses", words[v].text) for v in verbs)
    any_of = any(chunks[n].determiner == "any" for n in objects)
    return objects if ordered or fronted or has or lost or any_of else subjects


def _is_asked_place(structure: Structure, number: int) -> bool:
    """As in "which part of it is the skier on", "which corner is the spider in"."""
    chunk = structure.chunks[number]
    placed = structure.words[chunk.noun].tag in (Tag.PLACE, Tag.SOFT_META) or _is_stranded(structure, number)
    return placed and chunk.determiner in ("which", "what")


def _is_stranded(structure: Structure, number: int) -> bool:
    """As in "which paddock is the stallion in?": subject, preposition, end."""
    words, following = structure.words, number + 1
    if following >= len(structure.chunks) or structure.chunks[following].start != structure.chunks[number].end + 1:
        return False
    end = structure.chunks[following].end
    return near(words, end) in (Tag.PREP, Tag.PARTICLE) and near(words, end + 1) in ENDS


def _is_asked_which(structure: Structure, number: int) -> bool:
    """As in "which runway is the plane on": asked for by name, the subject right behind the auxiliary."""
    chunk = structure.chunks[number]
    if (
        _is_asked_place(structure, number)
        or chunk.determiner not in ("which", "what")
        or near(structure.words, chunk.end) != Tag.AUX
    ):
        return False
    return chunk.end + 1 in structure.of_word


def is_prepositional(structure: Structure, clause: Clause) -> bool:
    verbs = {structure.chunks[n].verb for n in clause.obliques}
    return any(v >= 0 and structure.lexicon.has("prepositional", structure.words[v].text) for v in verbs) or bool(
        clause.objects
    )


def _delivered_for(structure: Structure, clause: Clause) -> list[int]:
    """As in "give me holdouts for the lamp and the kettle": an unknown thing to be delivered for known ones."""
    chunks, words = structure.chunks, structure.words
    made = [
        n
        for n in clause.objects
        if chunks[n].verb >= 0 and structure.lexicon.has("delivers", words[chunks[n].verb].text)
    ]
    if not made or chunks[made[0]].determiner not in ("", "a", "an", "some"):
        return []
    under = [n for n, c in enumerate(chunks) if c.prep == "for" and (c.parent == made[0] or n in clause.obliques)]
    first = next((n for n in under if structure.lexicon.has("definite", chunks[n].determiner)), None)
    return (
        []
        if first is None
        else [first, *(n for n, c in enumerate(chunks) if n > first and n in clause.objects + under)]
    )


def _sought(structure: Structure, clause: Clause) -> list[int]:
    """As in "check the weld for cracks" is about cracks."""
    chunks, words = structure.chunks, structure.words
    searching = any(
        chunks[n].verb >= 0
        and words[chunks[n].verb].order
        and structure.lexicon.has("searches", words[chunks[n].verb].text)
        for n in clause.objects + clause.obliques
    )
    return [n for n in clause.obliques if chunks[n].prep == "for"] if searching else []


def _compared(structure: Structure, clause: Clause) -> list[int]:
    """As in "is the lorry bigger than the bus": both are looked for."""
    return [
        n
        for n in clause.obliques
        if structure.lexicon.has("compares", structure.chunks[n].prep) and structure.asks(structure.chunks[n].start)
    ]


def _oblique(structure: Structure, clause: Clause) -> list[int]:
    """The first thing under a preposition, with its list."""
    chunks = structure.chunks
    some = _without_soft(structure, clause.obliques, clause.obliques)
    if not some:
        return []
    first = min(some)
    return [n for n in some if chunks[n].prep == chunks[first].prep or n == first]


def things_first(structure: Structure, targets: list[int]) -> list[int]:
    """Soft words of delivery ("show me the spot") go where a thing is named, unless they are listed with it."""
    chunks = structure.chunks
    things = [n for n in targets if sort_of(chunks[n]) == Sort.THING]
    if not things:
        return targets
    listed = {chunks[n].joined for n in things} | set(things)
    return [n for n in targets if n in listed or (chunks[n].joined is not None and chunks[n].joined in listed)]
