"""Where orders and other verbs stand: "mask the dog", "then box cars", "find the dog remove the car"."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from core.keywords.lexicon import Lexicon
from core.keywords.words import BREAKS, DETERMINERS, ENDS, INNER, NAMING, Tag, Word, near

_ALONE = 2  # a text of no more words than this is a name, whatever its word is
_TAKES_IN = frozenset(["fill", "colour", "color", "shade", "draw", "paint", "key", "bring", "pencil", "sketch"])
_ROUND = frozenset(("round", "around", "along", "over"))
_ASKED = frozenset(("you", "someone", "somebody", "anyone", "anybody"))
_AFTER_ORDER = frozenset((Tag.THE, Tag.A, Tag.PRONOUN, Tag.PARTICLE, Tag.ALL))
_OPEN = frozenset((Tag.NOUN, Tag.META, Tag.SOFT_META, Tag.ADJECTIVE, Tag.ATTRIBUTE, Tag.QUANTITY, Tag.PLACE, Tag.VERB))


def is_order(words: Sequence[Word], index: int, lexicon: Lexicon) -> bool:
    """Whether an imperative stands here: at a clause's start, with something after it that can be its object.

    "mask the dog", "then box cars"; an unknown word before a determiner is a verb too ("lasso the horse").
    """
    word, after = words[index], near(words, index + 1)
    listed, open_class = lexicon.is_verb(word.text), word.tag in _OPEN
    if not (listed or open_class) or lexicon.has("participles", word.text) or " " in word.text:
        return False
    if not _opens(words, index, lexicon):
        return _restarts(words, index, lexicon)
    if _ends_clause(words, index, lexicon, listed):
        return True
    if after in DETERMINERS or after in (Tag.PRONOUN, Tag.ALL):
        return listed or (open_class and _starts_alone(words, index, lexicon))
    if after == Tag.ADVERB and near(words, index + 2) in DETERMINERS and words[index + 1].text in ("just", "only"):
        return listed or _starts_sentence(words, index)
    if not listed:
        # "knock out the background": an unknown word, a particle, a thing
        return after == Tag.PARTICLE and near(words, index + 2) in DETERMINERS and _starts_sentence(words, index)
    return _takes_object(words, index, lexicon)


def _ends_clause(words: Sequence[Word], index: int, lexicon: Lexicon, listed: bool) -> bool:
    """An order without an object: "just the cake and save", "... on the glasses. Fix."."""
    word, before, after = words[index], near(words, index - 1), near(words, index + 1)
    bare_noun = word.tag == Tag.NOUN and lexicon.has("bareverbs", word.text)
    if len(words) <= _ALONE:
        return False
    return (bare_noun and after in ENDS and before == Tag.AND) or (listed and after in BREAKS and before in ENDS)


def _takes_object(words: Sequence[Word], index: int, lexicon: Lexicon) -> bool:
    """Whether what follows a listed verb can be its object: a bare name, a particle, a clause, its preposition."""
    word, after = words[index], near(words, index + 1)
    bare = lexicon.has("bareverbs", word.text)
    if bare and words[index + 1 : index + 2] and words[index + 1].text in _ROUND:
        return near(words, index + 2) in NAMING
    if (bare and after in INNER) or after in (Tag.PARTICLE, Tag.WH, Tag.NOT):
        return True
    return after in (Tag.PREP, Tag.TO) and _takes_preposition(words, index)


def _starts_sentence(words: Sequence[Word], index: int) -> bool:
    return near(words, index - 1) in ENDS


def _takes_preposition(words: Sequence[Word], index: int) -> bool:
    if words[index].text in _TAKES_IN and words[index + 1].text == "in":
        return True
    return words[index].text in {
        "look",
        "zoom",
        "search",
        "point",
        "focus",
        "go",
        "crop",
        "hunt",
        "home",
        "scan",
        "check",
    }


def _opens(words: Sequence[Word], index: int, lexicon: Lexicon) -> bool:
    """Whether a clause may begin at this word."""
    before = near(words, index - 1)
    if before in BREAKS or before in (Tag.AND, Tag.BUT):
        return True
    previous = words[index - 1].text
    if lexicon.has("openers", previous):
        return True
    person = index - 1
    while near(words, person) == Tag.ADVERB and person > 0:
        person -= 1
    if words[person].text in _ASKED and near(words, person - 1) in (Tag.AUX, Tag.NOT, Tag.WH):
        return True
    return (before == Tag.NOT and near(words, index - 2) == Tag.AUX) or (
        previous == "us" and words[index - 2].text == "let"
    )


def _starts_alone(words: Sequence[Word], index: int, lexicon: Lexicon) -> bool:
    """An unknown word counts as a verb only where nothing else can be meant: not after "and" in a list of things."""
    before = near(words, index - 1)
    return before in ENDS or (before not in (Tag.COMMA, Tag.AND) and index > 0)


def _restarts(words: Sequence[Word], index: int, lexicon: Lexicon) -> bool:
    """An order without anything before it, as dictation gives it: "find the dog remove the car"."""
    return (
        lexicon.has("bareverbs", words[index].text)
        and near(words, index - 1) == Tag.NOUN
        and near(words, index + 1) in _AFTER_ORDER
        and (near(words, index + 1) == Tag.PRONOUN or _ordered_before(words, index))
        and not lexicon.has("desires", words[index].text)
        and near(words, index + 2) != Tag.AUX  # "the tape measure it should be near ..."
        and index >= 2
    )


def _ordered_before(words: Sequence[Word], index: int) -> bool:
    for word in reversed(words[:index]):
        if word.tag in ENDS or word.order:
            return word.order
    return False


def is_infinitive(words: Sequence[Word], index: int, lexicon: Lexicon) -> bool:
    if near(words, index - 1) != Tag.TO or words[index].tag == Tag.VERB:
        return False
    after = near(words, index + 1)
    return words[index].tag != Tag.AUX and (
        lexicon.is_verb(words[index].text) and after in NAMING | {Tag.PRONOUN, Tag.WH, Tag.PARTICLE}
    )


def is_participle(words: Sequence[Word], index: int, lexicon: Lexicon) -> bool:
    """As in "the mic dipping into ...", "the kid riding it": -ing after a noun, with no noun to follow."""
    word, after = words[index], near(words, index + 1)
    if word.tag != Tag.NOUN or not word.text.endswith("ing") or " " in word.text or lexicon.has("ing_nouns", word.text):
        return False
    return near(words, index - 1) == Tag.NOUN and after not in (Tag.NOUN, Tag.GENERIC, Tag.OWNER, Tag.COMMA)


def settle_particles(words: list[Word]) -> None:
    """As in "fill in the gap": a preposition right behind an order of that kind belongs to the verb."""
    for before, word in itertools.pairwise(words):
        if before.order and before.text in _TAKES_IN and word.text == "in":
            word.tag = Tag.PARTICLE
    for index, word in enumerate(words):
        placed = near(words, index - 1) in (Tag.NOUN, Tag.ANAPHOR) and near(words, index + 1) in DETERMINERS
        if word.tag == Tag.PARTICLE and placed and word.text in ("off", "out", "down", "up"):
            word.tag = Tag.PREP  # "take the lamp off the table"
