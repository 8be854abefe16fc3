"""From roles to `Keywords`: phrases with their filters, and what an absence of phrases means."""

from __future__ import annotations

from core.colours import canonical
from core.keywords import filters
from core.keywords.changes import replacement_of
from core.keywords.chunks import is_plural, sort_of
from core.keywords.roles import Roles
from core.keywords.scene import asks_for_everything, points_back
from core.keywords.structure import Structure
from core.keywords.words import Chunk, Slot, Sort, Tag, Word
from core.types.language import Filter, Keywords, Phrase

_PAIR = " and "  # "black and white" is one word to the rules
_REMOVERS = frozenset(
    ["remove", "erase", "delete", "drop", "discard", "eliminate", "clear", "hide", "wipe", "blur", "lose"]
)


def keywords(structure: Structure, roles: Roles, method: str) -> Keywords:
    """The finished value."""
    replacement = replacement_of(structure, roles)
    _settle_kept(structure, roles)
    _fall_back(structure, roles)
    _give_marks(structure, roles.targets)
    phrases = _phrases(structure, roles.targets)
    said = {phrase.text for phrase in phrases}
    everything = not phrases and (roles.everything or asks_for_everything(structure))
    return Keywords(
        phrases=phrases,
        context=_texts(structure, roles.context, said) + _places(structure),
        excluded=_texts(structure, roles.excluded, said),
        dropped=_dropped(structure, roles),
        everything=everything,
        refers_back=not phrases and not everything and points_back(structure),
        replacement=replacement,
        filters=() if phrases or everything else _back_filters(structure),
        method=method,
    )


def _settle_kept(structure: Structure, roles: Roles) -> None:
    """As in "keep the people, remove the car" leaves the people out; "keep only the woman" is about the woman."""
    if not roles.kept:
        return
    removed_rest = roles.rest and any(w.order and w.text in _REMOVERS for w in structure.words)
    if removed_rest and not roles.targets:
        roles.everything = True
    alone = not roles.targets and not roles.everything
    keeping = any(
        structure.words[structure.chunks[n].verb].text
        not in ("leave", "ignore", "skip", "exclude", "avoid", "omit", "touch")
        for n in roles.kept
    )
    if alone and keeping:
        roles.targets = list(roles.kept)
    else:
        roles.excluded += roles.kept


def _fall_back(structure: Structure, roles: Roles) -> None:
    """Where nothing stands as a target: the thing "without" which the picture is wanted, else the first one named."""
    if roles.targets or roles.everything or asks_for_everything(structure):
        return
    denied = [n for n in roles.excluded if structure.chunks[n].slot == Slot.OBJECT and structure.chunks[n].verb >= 0]
    if denied and not roles.context and points_back(structure):
        roles.targets = denied  # "don't find the pimple, just remove it"
        roles.excluded = [n for n in roles.excluded if n not in denied]
        return
    without = [n for n in roles.excluded if structure.chunks[n].prep in ("without", "except")]
    if without:
        roles.targets = without
        roles.excluded = [n for n in roles.excluded if n not in without]
    elif roles.context and not points_back(structure):
        first = min(roles.context)
        listed = [n for n in roles.context if n == first or structure.chunks[n].joined == first]
        roles.targets, roles.context = listed, [n for n in roles.context if n not in listed]


def _give_marks(structure: Structure, targets: list[int]) -> None:
    """Each mark's filters go to the nearest target before it in its sentence, else to the next one."""
    for index, word in enumerate(structure.words):
        if word.tag != Tag.MARK or not word.filters or not targets:
            continue
        start, end = structure.sentence(index)
        near = [n for n in targets if start <= structure.chunks[n].start < end]
        before = [n for n in near if structure.chunks[n].start < index]
        chosen = before[-1] if before else (near[0] if near else targets[-1])
        chunk = structure.chunks[chosen]
        if word.counted_from and any(f.kind == "order" for f in chunk.filters):
            chunk.filters = filters.counted_from(chunk.filters, word.counted_from)
        else:
            chunk.filters += word.filters


def _phrases(structure: Structure, targets: list[int]) -> tuple[Phrase, ...]:
    found: dict[str, Phrase] = {}
    for number in targets:
        chunk = structure.chunks[number]
        for words in _spoken(structure, chunk):
            text = " ".join(words)
            if not text:
                continue
            earlier = found[text].filters if text in found else ()
            found[text] = Phrase(
                text, chunk.head, _colours(words, chunk.head), (*earlier, *_filters(structure, chunk, earlier))
            )
    return tuple(found.values())


def _spoken(structure: Structure, chunk: Chunk) -> list[list[str]]:
    """As in "the red and blue cars" are red cars and blue cars."""
    if "and" not in chunk.words or not is_plural(structure.words[chunk.noun], structure.lexicon):
        return [chunk.words]
    cut = chunk.words.index("and")
    return [[*chunk.words[:cut], chunk.head], chunk.words[cut + 1 :]]


def _colours(words: list[str], head: str) -> tuple[str, ...]:
    """Basic colour terms among the words that are not the noun itself."""
    nouns = head.split()
    parts = [part for word in words for part in (word.split() if _PAIR in word else (word,))]
    named = (canonical(part) for part in parts if part not in nouns and " " not in part)
    return tuple(dict.fromkeys(colour for colour in named if colour))


def _filters(structure: Structure, chunk: Chunk, earlier: tuple[Filter, ...]) -> tuple[Filter, ...]:
    asks = structure.asks(chunk.start) and not (chunk.verb >= 0 and structure.words[chunk.verb].order)
    return tuple(f for f in filters.settle(chunk.filters, asks) if f not in earlier)


def _back_filters(structure: Structure) -> tuple[Filter, ...]:
    """As in "only the left one": what picks among the things that were found before."""
    leaning = [f for c in structure.chunks if sort_of(c) in (Sort.ANAPHOR, Sort.MODIFIER) for f in c.filters]
    marks = [word for word in structure.words if word.tag == Tag.MARK]
    origin = next((word.counted_from for word in marks if word.counted_from), "")
    if origin and leaning:
        return tuple(filters.counted_from(leaning, origin))
    return tuple(dict.fromkeys([*leaning, *(f for word in marks for f in word.filters)]))


def _texts(structure: Structure, numbers: list[int], said: set[str]) -> tuple[str, ...]:
    texts = (
        structure.chunks[n].text
        for n in sorted(set(numbers))
        if sort_of(structure.chunks[n]) in (Sort.THING, Sort.SOFT)
    )
    return tuple(text for text in dict.fromkeys(texts) if text and text not in said)


def _places(structure: Structure) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.context for word in structure.words if word.context))


def _dropped(structure: Structure, roles: Roles) -> tuple[tuple[str, str], ...]:
    pairs = []
    for number, reason in sorted(roles.dropped.items()):
        chunk = structure.chunks[number]
        said = " ".join(w.text for w in structure.words[chunk.start : chunk.end] if w.tag not in ("d", "D"))
        pairs.append((said, reason))
    pairs += [(structure.chunks[n].text, "only places a target") for n in roles.context if structure.chunks[n].text]
    pairs += [(word.text, "verb of the request") for word in structure.words if _requests(structure, word)]
    return tuple(dict.fromkeys(pairs))


def _requests(structure: Structure, word: Word) -> bool:
    return word.order or (word.tag == Tag.VERB and structure.lexicon.is_verb(word.text))
