"""As in "swap the cup for a vase": what should stand in the place of what."""

from __future__ import annotations

from core.keywords.chunks import sort_of
from core.keywords.roles import Roles
from core.keywords.structure import Structure
from core.keywords.words import Chunk, Sort, Tag

_INTO = frozenset(("into", "to"))
_FOR = frozenset(("for", "with", "by", "to", "into", "against"))
_ONLY_INTO = frozenset(["turn", "convert", "transform", "change", "make", "morph", "paint"])
_BECOME = frozenset(("become", "becomes"))
_ONTO = frozenset(("on", "onto", "in", "into", "to", "over", "around", "round", "beside", "behind"))
_INSTEAD = "insteadof"


def replacement_of(structure: Structure, roles: Roles) -> str:
    """The new thing's words, or ""; the roles are corrected so that only the old thing is a target."""
    new = _swapped(structure, roles)
    if new is None:
        new = _put_instead(structure, roles)
    if new is None:
        _added(structure, roles)
        return ""
    roles.targets = [n for n in roles.targets if n != new]
    roles.context = [n for n in roles.context if n != new]
    roles.dropped[new] = "stands for the replacement"
    return structure.chunks[new].text


def _verb_text(structure: Structure, number: int) -> str:
    verb = structure.chunks[number].verb
    return structure.words[verb].text if verb >= 0 else ""


def _swapped(structure: Structure, roles: Roles) -> int | None:
    words, chunks = structure.words, structure.chunks
    verb = next((i for i, w in enumerate(words) if w.tag == Tag.VERB and structure.lexicon.has("swaps", w.text)), None)
    if verb is None:
        return None
    if words[verb].text in _BECOME:
        return _become(structure, verb)
    allowed = _INTO if words[verb].text in _ONLY_INTO else _FOR
    end = structure.sentence(verb)[1]
    things = [n for n, c in enumerate(chunks) if verb < c.start < end and sort_of(c) in (Sort.THING, Sort.SOFT)]
    allowed |= structure.lexicon.words.get("swapped_for", frozenset())
    new = [n for n in things if chunks[n].prep in allowed and _directly_under(structure, n, allowed)]
    pronoun = any(w.tag == Tag.PRONOUN and structure.lexicon.has("back", w.text) for w in words[verb:end])
    old = [n for n in things if n not in new]
    if new and not old and not pronoun:
        roles.targets = [n for n in roles.targets if n != new[-1]]  # "turn this photo into a watercolour"
        roles.dropped[new[-1]] = "what the picture is to become"
    if not new or not (old or pronoun):
        return None
    if words[verb].text == "substitute" and chunks[new[-1]].prep == "for" and old:
        roles.targets = [*(n for n in roles.targets if n != old[0]), new[-1]]
        return old[0]
    return new[-1]


def _become(structure: Structure, verb: int) -> int | None:
    """As in "that car has to become a horse cart"."""
    return next((n for n, c in enumerate(structure.chunks) if c.start == verb + 1 and n > 0), None)


def _directly_under(structure: Structure, number: int, preps: frozenset[str]) -> bool:
    index = structure.chunks[number].start - 1
    while index >= 0 and structure.words[index].tag == Tag.MARK:
        index -= 1
    return index >= 0 and structure.words[index].text in preps


def _put_instead(structure: Structure, roles: Roles) -> int | None:
    """As in "put a vase instead of the cup", "put a palm where the lamppost is"."""
    for number, chunk in enumerate(structure.chunks):
        bare = chunk.verb < 0 and chunk.determiner in ("a", "an", "some") and not chunk.prep
        verb = _verb_text(structure, number)
        wished = chunk.determiner in ("a", "an", "some") and structure.lexicon.has("wants", verb)
        if not (bare or wished or structure.lexicon.has("adds", verb)) or sort_of(chunk) != Sort.THING:
            continue
        instead = [n for n, c in enumerate(structure.chunks) if c.prep == _INSTEAD]
        where = [n for n, c in enumerate(structure.chunks) if n > number and _after_where(structure, c.start)]
        if instead or (where and not bare and not wished):
            old = (instead or where)[0]
            roles.targets = [old]
            roles.context = [n for n in roles.context if n != old]
            return number
    return None


def _after_where(structure: Structure, start: int) -> bool:
    return start > 0 and structure.words[start - 1].text == "where"


def _added(structure: Structure, roles: Roles) -> None:
    """As in "put a hat on the dog": the hat is not there yet, the dog is meant."""
    for number in list(roles.targets):
        chunk = structure.chunks[number]
        if number and _gives(structure, number):
            roles.targets.remove(number)
            roles.dropped[number] = "to be added"
        if not structure.lexicon.has("adds", _verb_text(structure, number)) or chunk.determiner not in (
            "",
            "a",
            "an",
            "some",
        ):
            continue
        under = [n for n, c in enumerate(structure.chunks) if n > number and _takes(c, number, chunk.verb)]
        if under:
            roles.targets = [under[0] if n == number else n for n in roles.targets]
            roles.context = [n for n in roles.context if n not in under]
            roles.dropped[number] = "to be added"


def _takes(chunk: Chunk, number: int, verb: int) -> bool:
    """Whether a chunk under a preposition is where the added thing goes."""
    return (
        chunk.prep in _ONTO
        and (chunk.parent == number or chunk.verb == verb)
        and chunk.determiner not in ("", "a", "an")
    )


def _gives(structure: Structure, number: int) -> bool:
    """As in "give the snowman a hat": the second of two objects side by side."""
    first, second = structure.chunks[number - 1], structure.chunks[number]
    giving = first.start > 0 and structure.words[first.start - 1].text == "give"
    return giving and first.end == second.start and second.determiner in ("a", "an", "some")
