"""What each chunk is to the request: target, context, left out or dropped.

In each clause the least oblique thing is meant and the rest only places it: object, else subject, else what stands
under a word of delivery, else what stands under a preposition. Orders, questions and wishes outweigh statements, and
those outweigh asides ("if ...", "so that ...").
"""

from __future__ import annotations

from dataclasses import dataclass, field

from core.keywords.chunks import sort_of
from core.keywords.levels import Clause, Strength, is_prepositional, least_oblique, things_first
from core.keywords.structure import Structure
from core.keywords.wishes import (
    acts_on_pronoun,
    belongs_back,
    disclaimed,
    is_negative,
    is_requester,
    is_strong,
    kept_by,
)
from core.keywords.words import Chunk, Kind, Slot, Sort

_DEPTH = 12
_DELIVERED = (Sort.SOFT, Sort.META)
_DRAWN_BY = frozenset(("around", "round", "between"))


@dataclass(slots=True)
class Roles:
    """Chunk numbers by role, in the order said; `dropped` with reasons. kept: things to be left as they are."""

    targets: list[int] = field(default_factory=list)
    context: list[int] = field(default_factory=list)
    excluded: list[int] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    dropped: dict[int, str] = field(default_factory=dict)
    everything: bool = False
    rest: bool = False
    replacement: int | None = None


def assign(structure: Structure, gone: frozenset[int]) -> Roles:
    """Roles of all chunks but those `gone` (corrected away)."""
    roles = Roles()
    clauses: dict[tuple[int, int], Clause] = {}
    chunks = structure.chunks
    for number, chunk in enumerate(chunks):
        if number in gone:
            roles.dropped[number] = "corrected"
            continue
        settle_joined(structure, number)
        _place(structure, number, chunk, roles, clauses)
    by_strength: dict[Strength, list[int]] = {strength: [] for strength in Strength}
    for clause in clauses.values():
        roles.everything |= clause.everything
        wanted = least_oblique(structure, clause)
        oblique = wanted and all(n in clause.obliques for n in wanted) and not is_prepositional(structure, clause)
        if oblique and clause.back:
            wanted = []
        by_strength[_strength_of_place(structure, wanted) if oblique else clause.strength] += wanted
        roles.context += [n for n in clause.objects + clause.subjects + clause.obliques if n not in wanted]
    _take_back(structure, roles, by_strength)
    best = max((s for s in Strength if by_strength[s]), default=Strength.ASIDE)
    roles.targets = things_first(structure, sorted(by_strength[best]))
    roles.context += [n for s in by_strength if s != best for n in by_strength[s]]
    return roles


def _take_back(structure: Structure, roles: Roles, by_strength: dict[Strength, list[int]]) -> None:
    """As in "the tomatoes, no, not the tomatoes": what is left out later is no target earlier."""
    left_out = {structure.chunks[n].text: n for n in roles.excluded}
    for strength, numbers in by_strength.items():
        by_strength[strength] = [n for n in numbers if left_out.get(structure.chunks[n].text, -1) < n]


def settle_joined(structure: Structure, number: int) -> None:
    """A chunk in a list stands where the first of the list stands; earlier chunks are settled already."""
    chunk, first = structure.chunks[number], structure.chunks[number].joined
    for _ in range(_DEPTH):
        if first is None or first < number:
            break
        first = structure.chunks[first].joined
    if first is None or first == number:
        return
    head = structure.chunks[first]
    chunk.slot, chunk.verb, chunk.prep, chunk.parent = head.slot, head.verb, head.prep, head.parent


def _set_aside(structure: Structure, number: int, chunk: Chunk, sort: Sort, roles: Roles) -> bool:
    """Whether a chunk is no candidate: no thing, left out, kept, somebody who asks."""
    lexicon = structure.lexicon
    if sort in (Sort.REST, Sort.MODIFIER, Sort.VAGUE, Sort.ANAPHOR):
        roles.rest |= sort == Sort.REST
        return True
    for_use = chunk.determiner == "your" or (chunk.prep != "" and lexicon.has("destinations", chunk.head))
    for_use = for_use or (chunk.prep == "for" and _after_format(structure, chunk))
    if sort == Sort.META or belongs_back(chunk) or for_use:
        reason = "what the result is for" if for_use else "part of what was named before"
        roles.dropped[number] = "word for the picture or the result" if sort == Sort.META else reason
        return True
    if is_negative(structure, number):
        structure.negated.add(number)
        roles.excluded.append(number)
        return True
    if chunk.slot == Slot.OWNER and chunk.parent is not None and sort_of(structure.chunks[chunk.parent]) in _DELIVERED:
        owned = structure.chunks[chunk.parent]  # "the owl's shape" is about the owl
        chunk.slot, chunk.verb, chunk.prep, chunk.parent = owned.slot, owned.verb, owned.prep, owned.parent
    if chunk.slot == Slot.PREP and lexicon.has("excepts", chunk.prep):
        roles.excluded.append(number)
    elif is_requester(structure, number):
        roles.dropped[number] = "who asks"
    elif kept_by(structure, number):
        roles.kept.append(number)
    else:
        return False
    return True


def _place(
    structure: Structure, number: int, chunk: Chunk, roles: Roles, clauses: dict[tuple[int, int], Clause]
) -> None:
    sort = sort_of(chunk)
    if _set_aside(structure, number, chunk, sort, roles):
        return
    root, oblique = _root(structure, number)
    verb = structure.chunks[root].verb
    kind = structure.kinds.get(verb, Kind.MAIN)
    if kind == Kind.RELATIVE and _describes_delivery(structure, verb):
        kind, chunk.slot = Kind.MAIN, Slot.OBJECT  # "the pixels that belong to the coat"
    if chunk.prep == "like" and _likened(structure, number):
        oblique, kind, verb, chunk.slot = False, Kind.MAIN, -1, Slot.OBJECT
    if chunk.prep == "than" and structure.asks(chunk.start):
        oblique = False  # "more boys than girls?"
    if chunk.slot == Slot.OWNER or oblique or kind == Kind.RELATIVE:
        roles.context.append(number)
        return
    key = (structure.sentence(chunk.start)[0], structure.clusters.get(verb, verb))
    if key not in clauses:
        strength = _strength(structure, verb, chunk.start, kind)
        clauses[key] = Clause(key, strength, back=acts_on_pronoun(structure, verb))
    clause = clauses[key]
    if sort == Sort.ALL:
        likened = number + 1 < len(structure.chunks) and _likened(structure, number + 1)
        clause.everything = not likened and (chunk.slot != Slot.PREP or not clause.objects)
        return
    kinds = {Slot.OBJECT: clause.objects, Slot.SUBJECT: clause.subjects, Slot.PREP: clause.obliques}
    kinds[chunk.slot].append(number)


def _after_format(structure: Structure, chunk: Chunk) -> bool:
    """As in "(as) a file for the laser cutter": what the result is for."""
    index = chunk.start - 1
    while index > 0 and structure.words[index].text != "for":
        index -= 1
    return index > 0 and structure.lexicon.has("formats", structure.words[index - 1].text)


def _describes_delivery(structure: Structure, verb: int) -> bool:
    """Whether a relative clause hangs on a word for the result, not on a thing."""
    hosts = [chunk for chunk in structure.chunks if chunk.end <= verb]
    return bool(hosts) and sort_of(hosts[-1]) in (Sort.META, Sort.VAGUE)


def _likened(structure: Structure, number: int) -> bool:
    """As in "anything that looks like a mushroom" is about mushrooms."""
    if not number or structure.chunks[number].prep != "like":
        return False
    before, words = structure.chunks[number - 1], structure.words
    between = words[before.end : structure.chunks[number].start]
    looks = any(w.text.startswith(("look", "resembl", "seem")) for w in between)
    return looks and sort_of(before) in (Sort.ALL, Sort.VAGUE, Sort.ANAPHOR)


def _strength_of_place(structure: Structure, wanted: list[int]) -> Strength:
    """As in "what's on the shelf?" asks for the shelf, unless something else is wanted more."""
    asked = bool(wanted) and structure.asks(structure.chunks[wanted[0]].start)
    return Strength.PLACE_ASKED if asked else Strength.ASIDE


def _strength(structure: Structure, verb: int, start: int, kind: Kind) -> Strength:
    if kind == Kind.ADVERBIAL or (verb >= 0 and disclaimed(structure, verb)):
        return Strength.ASIDE
    return Strength.WANTED if is_strong(structure, verb, start) else Strength.STATED


def _root(structure: Structure, number: int) -> tuple[int, bool]:
    """The topmost chunk above, and whether anything on the way up is a thing of its own (then this is only context)."""
    oblique, steps = False, 0
    while structure.chunks[number].parent is not None and steps < _DEPTH:
        parent = structure.chunks[number].parent
        assert parent is not None
        sort = sort_of(structure.chunks[parent])
        drawn = sort == Sort.SOFT and structure.chunks[number].prep in _DRAWN_BY
        oblique |= sort in (Sort.THING, Sort.SOFT, Sort.ALL, Sort.ANAPHOR) and not drawn
        number, steps = parent, steps + 1
    return number, oblique
