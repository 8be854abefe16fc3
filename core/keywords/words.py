"""What the steps hand each other: tagged words, and chunks of them (one thing named each)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from core.types.language import Filter


class Tag(StrEnum):
    """One letter a word, so that patterns over tags are regular expressions."""

    THE = "d"  # definite determiner
    A = "D"  # indefinite determiner, quantifier
    PRONOUN = "R"
    WH = "W"  # question word, relative pronoun, subordinator
    AUX = "A"
    NOT = "G"
    AND = "C"
    BUT = "c"
    PREP = "P"
    OF = "O"
    TO = "o"
    PARTICLE = "T"
    ADVERB = "B"
    VERB = "V"
    ADJECTIVE = "J"
    SIDE = "S"
    RANK = "E"  # superlative or ordinal
    NUMBER = "U"
    META = "M"  # a word for the picture or for what is to be delivered
    SOFT_META = "m"  # the same, where it may also be a thing ("box")
    ATTRIBUTE = "K"  # "colour", "number": what is asked about a thing
    QUANTITY = "Q"  # "couple", "lots"
    PLACE = "F"  # "corner", "background"
    NOUN = "N"
    ANAPHOR = "Y"  # "one", "ones"
    GENERIC = "Z"  # "thing", "object"
    ALL = "L"  # "everything"
    REST = "r"  # "the rest"
    OWNER = "'"
    COMMA = ","
    STOP = "."
    QUESTION = "?"
    CORRECTION = "X"
    MARK = "@"  # stands for words that became filters or named only a place


ENDS = frozenset((Tag.STOP, Tag.QUESTION))
BREAKS = frozenset((Tag.STOP, Tag.QUESTION, Tag.COMMA, Tag.CORRECTION))
# What a noun phrase may begin with, and what may stand in one before its noun.
NAMING = frozenset("dDJUESNQMmKFYZLr")
INNER = frozenset("JUESNQMmKFYZ")
DETERMINERS = frozenset("dD")


@dataclass(slots=True)
class Word:
    """A word and its tag. filters: of a `MARK`. context: a place named by a `MARK`. counted_from: "from the left"."""

    text: str
    tag: Tag
    filters: tuple[Filter, ...] = ()
    context: str = ""
    counted_from: str = ""
    meta: bool = False  # a MARK for words about the picture
    fixed: bool = False  # the parser has no say
    order: bool = False  # an imperative, or a verb that a request rests on
    head: int = -1  # index of the governing word; -1: none
    dep: str = ""
    pos: str = ""  # the parser's own tag (Penn Treebank)


class Slot(StrEnum):
    """Where in its clause a chunk stands."""

    OBJECT = "object"
    SUBJECT = "subject"
    PREP = "prep"
    OWNER = "owner"


class Kind(StrEnum):
    """What a clause does for the request."""

    MAIN = "main"
    RELATIVE = "relative"
    ADVERBIAL = "adverbial"


class Sort(StrEnum):
    """What kind of naming a chunk is."""

    THING = "thing"
    SOFT = "soft"  # "the box": a thing where nothing else is meant
    META = "meta"  # "the picture", "the colour"
    ALL = "all"  # "everything", "all objects"
    REST = "rest"  # "the rest", "the others"
    VAGUE = "vague"  # "something", "the thing"
    ANAPHOR = "anaphor"  # "the red one"
    MODIFIER = "modifier"  # "the left", "the first"


@dataclass(slots=True)
class Chunk:
    """A run of words that names one thing. start, end: word indices, end excluded; noun: index of its head noun."""

    start: int
    end: int
    noun: int
    words: list[str]
    head: str
    adjectives: list[str] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    tags: str = ""
    determiner: str = ""
    owned: bool = False  # "its own ..."
    # filled by attachment
    slot: Slot = Slot.OBJECT
    verb: int = -1
    prep: str = ""
    parent: int | None = None
    joined: int | None = None  # the chunk that this one is listed with

    @property
    def text(self) -> str:
        return " ".join(self.words)


def near(words: Sequence[Word], index: int) -> Tag:
    """The tag there, or a stop beyond either end."""
    return words[index].tag if 0 <= index < len(words) else Tag.STOP


def tags_of(words: Sequence[Word]) -> str:
    """The tags as one string, a letter a word."""
    return "".join(word.tag.value for word in words)
