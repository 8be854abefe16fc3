"""Splitting an object phrase: its head noun phrase, its colours, and the words that nobody checks."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from core.colours import canonical

MOST_WORDS = 12  # a noun phrase is not longer; what stands before is not read
_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|\*")
_EVERYTHING = re.compile(
    r"\*|everything|anything|all|all (?:of )?(?:the )?(?:things|objects|items)|(?:every|each|any) (?:thing|object|item)"
)


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# articles, numbers, and words that only point or that become filters elsewhere: nothing in them could be verified
SILENT = _set(
    """a an the this that these those some any each every all both no my your his her its our their another other such
    several many few more most own whole entire main single visible complete one two three four five six seven eight
    nine ten first second third last left right upper lower top bottom middle left-hand right-hand leftmost rightmost
    foreground background and or der die das den dem des ein eine einen einem einer eines le la les un une l' des
    el los las una unos unas o os as um uma uns umas mein meine mi mis mon ma mes meu minha"""
)
PLACEHOLDERS = _set(
    """* one ones thing things object objects item items something anything area areas region regions part parts spot
    patch stuff colour color shape"""
)
# the noun phrase ends before these ("man with a hat", "people sitting"); foreign prepositions too
_ENDS = _set(
    """with without in on at under underneath below above over near next beside besides by behind between from to for
    inside outside into onto around against across along through beyond within among who which that whose where wearing
    holding riding carrying sitting standing lying running walking playing eating drinking looking driving flying
    jumping sleeping hanging leaning facing parked shown seen located painted covered surrounded reading talking using
    mit auf unter neben vor hinter im am an aus bei avec sur sous dans devant derriere con en sobre bajo com em sob no
    na auf"""
)
SAYS = _set("says saying reads")
OF = _set("of de du des da do del dos das von vom")
CONTAINERS = _set(
    """bunch bunches group groups pair pairs piece pieces slice slices herd herds flock flocks row rows stack stacks
    pile piles set sets kind kinds type types lot lots number couple dozen handful heap bundle collection portion half
    rest school litter swarm team queue line cluster photo photos picture
    pictures image images shot view part parts side front back top bit all any one some each both
    most many few two three four five pack colony string fleet"""
)


@dataclass(frozen=True)
class Pieces:
    """A phrase taken apart: `head` is its noun phrase with all adjectives, `spans` what was said as one unit with "of".

    spans: longer readings that a lexicon should try first ("cup of coffee" before "cup").
    """

    head: tuple[str, ...]
    spans: tuple[tuple[str, ...], ...]


def is_everything(phrase: str) -> bool:
    """Whether a phrase asks for all objects ("*", "everything")."""
    return _EVERYTHING.fullmatch(" ".join(phrase.lower().split())) is not None


def tokens(phrase: str) -> tuple[str, ...]:
    """Lower-case words, composed (NFC); "*" counts as a word, emoji do not."""
    text = unicodedata.normalize("NFC", phrase).lower().replace("’", "'")
    return tuple(_TOKEN.findall(text))


def take_apart(words: tuple[str, ...]) -> Pieces:
    """Cut off what follows the noun phrase; look through containers ("bunch of bananas" is about bananas)."""
    end = next((i for i, w in enumerate(words) if i and w in _ENDS), len(words))
    segment = words[:end]
    of = next((i for i, w in enumerate(segment) if i and w in OF), None)
    if of is None or of + 1 == len(segment):
        head = segment[:-1] if of is not None else segment
        return Pieces(head[-MOST_WORDS:], (segment[-MOST_WORDS:],))
    if segment[of - 1] in CONTAINERS:
        inner = take_apart(segment[of + 1 :])
        return Pieces(inner.head, (segment[:MOST_WORDS], *inner.spans))
    return Pieces(segment[:of][-MOST_WORDS:], (segment[:MOST_WORDS],))


def split_colours(words: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The other words, and the basic colours named, each once. "light blue" and "dark red" are one colour."""
    others: list[str] = []
    colours: list[str] = []
    skip = False
    for i, word in enumerate(words):
        if skip:
            skip = False
            continue
        pair = canonical(f"{word} {words[i + 1]}") if i + 1 < len(words) and canonical(word) is None else None
        colour = canonical(word) or pair
        skip = pair is not None
        if colour is None:
            others.append(word)
        elif colour not in colours:
            colours.append(colour)
    return tuple(others), tuple(colours)


def singulars(word: str) -> tuple[str, ...]:
    """What an English plural may be the plural of, likeliest first; the word itself leads."""
    found = [word]
    if word.endswith("ies") and len(word) > 4:
        found.append(word[:-3] + "y")
    if word.endswith("ves"):
        found += [word[:-3] + "f", word[:-3] + "fe"]
    if word.endswith("es") and len(word) > 3:
        found += [word[:-1], word[:-2]]
    elif word.endswith("s") and not word.endswith("ss") and len(word) > 2:
        found.append(word[:-1])
    if word.endswith("'s"):
        found.append(word[:-2])
    return tuple(found)
