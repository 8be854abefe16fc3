"""Word classes by lexicon and neighbours: the closed classes are decided here, and orders ("mask the dog") are found.

Unknown words are nouns; a parser may think again about the open classes (`refine`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.keywords.lexicon import Lexicon
from core.keywords.normal import CORRECTION
from core.keywords.orders import is_infinitive, is_order, is_participle, settle_particles
from core.keywords.words import BREAKS, DETERMINERS, INNER, Tag, Word, near

_PUNCTUATION = {",": Tag.COMMA, ".": Tag.STOP, "?": Tag.QUESTION, CORRECTION: Tag.CORRECTION, "'s": Tag.OWNER}
# Sections in the order they are asked; the first that has the word gives its tag.
_SECTIONS = (
    ("negations", Tag.NOT),
    ("auxiliaries", Tag.AUX),
    ("subordinators", Tag.WH),
    ("definite", Tag.THE),
    ("numbers", Tag.NUMBER),
    ("everything", Tag.ALL),
    ("indefinite", Tag.A),
    ("pronouns", Tag.PRONOUN),
    ("back", Tag.PRONOUN),
    ("extremes", Tag.RANK),
    ("sizes", Tag.RANK),
    ("ordinals", Tag.RANK),
    ("sides", Tag.SIDE),
    ("particles", Tag.PARTICLE),
    ("excepts", Tag.PREP),
    ("prepositions", Tag.PREP),
    ("adverbs", Tag.ADVERB),
    ("adjectives", Tag.ADJECTIVE),
    ("generics", Tag.GENERIC),
    ("anaphors", Tag.ANAPHOR),
    ("rest", Tag.REST),
    ("abstract", Tag.ATTRIBUTE),
    ("meta", Tag.META),
    ("softmeta", Tag.SOFT_META),
    ("attributes", Tag.ATTRIBUTE),
    ("places", Tag.PLACE),
    ("quantities", Tag.QUANTITY),
    ("participles", Tag.VERB),
)
_NUMBER = re.compile(r"^\d+$")
_BEFORE_NOUN = frozenset((Tag.THE, Tag.A, Tag.ADJECTIVE, Tag.NUMBER, Tag.NOUN, Tag.OWNER))
_NOUN_SIDES = frozenset(("top", "middle", "center", "centre"))
_RELATABLE = frozenset((Tag.NOUN, Tag.ALL, Tag.GENERIC, Tag.ANAPHOR))
_SUPERLATIVE = re.compile(
    r"^\w{2,}(?:[^aeiou]i|[bcdfgklmnprstvwxz])est$|^(?:out|in|upp|low|hind|rear|furth)(?:er)?most$"
)
_NO_SUPERLATIVE = re.compile(
    r"^(?:forest|harvest|interest|request|contest|guest|chest|nest|vest|west|rest|crest|protest)$"
)


def tag(tokens: Sequence[str], lexicon: Lexicon) -> list[Word]:
    """Every token with its class; ambiguous ones by what stands beside them."""
    words = [Word(token, _first_tag(token, lexicon)) for token in tokens]
    for index in range(len(words)):
        words[index].tag = _by_neighbours(words, index, lexicon)
    for index in range(len(words)):
        if is_order(words, index, lexicon):
            words[index].tag, words[index].order = Tag.VERB, True
        elif is_infinitive(words, index, lexicon) or is_participle(words, index, lexicon):
            words[index].tag, words[index].fixed = Tag.VERB, True
    settle_particles(words)
    return words


def _first_tag(token: str, lexicon: Lexicon) -> Tag:
    if token in _PUNCTUATION:
        return _PUNCTUATION[token]
    if token == "of" or lexicon.has("of", token):
        return Tag.OF
    if token == "to":
        return Tag.TO
    if token == "but":
        return Tag.BUT
    if lexicon.has("conjunctions", token):
        return Tag.AND
    if _NUMBER.match(token):
        return Tag.NUMBER
    for section, found in _SECTIONS:
        if lexicon.has(section, token):
            return found
    if _SUPERLATIVE.match(token) and not _NO_SUPERLATIVE.match(token):
        return Tag.RANK
    return Tag.NOUN


def _by_neighbours(words: list[Word], index: int, lexicon: Lexicon) -> Tag:
    """The class of an ambiguous word; the words before it are settled, those behind it are as the lists have them."""
    word, before, after = words[index], near(words, index - 1), near(words, index + 1)
    participle = after == Tag.VERB and near(words, index + 2) in INNER and words[index + 1].text[-2:] in ("ed", "ng")
    names = after in INNER or participle
    if word.tag == Tag.OWNER:
        return _owner(words, index, names, lexicon)
    if word.text in ("that", "this", "these", "those"):
        return _pointing(words, index, names, lexicon)
    if word.text == "her":
        return Tag.THE if names else Tag.PRONOUN
    if word.text in ("what", "which", "whose"):
        return Tag.A if names else Tag.WH
    if word.text in ("left", "right"):
        return _left_or_right(words, index)
    if word.text == "one":
        return Tag.NUMBER if after == Tag.OF or (after in INNER and before not in DETERMINERS) else Tag.ANAPHOR
    if word.text == "can" and (before in DETERMINERS or before in (Tag.ADJECTIVE, Tag.NUMBER)):
        return Tag.NOUN
    if word.text == "like" and (before in (Tag.AUX, Tag.PRONOUN) or after == Tag.TO):
        return Tag.VERB
    return _by_class(word, before, after, names, lexicon)


def _by_class(word: Word, before: Tag, after: Tag, names: bool, lexicon: Lexicon) -> Tag:
    if word.text == "all" and ((before == Tag.AND and after in BREAKS) or after in (Tag.PREP, Tag.AUX)):
        return Tag.ADVERB  # "legs and all", "all over", "they all are"
    if word.tag == Tag.ALL and word.text in ("all", "whatever"):
        return Tag.A if names or after in DETERMINERS or after == Tag.OF else Tag.ALL
    if word.tag == Tag.A and not names and after not in DETERMINERS and after not in (Tag.OF, Tag.ADVERB):
        return Tag.PRONOUN if word.text not in ("a", "an", "no") else Tag.A
    if word.tag == Tag.ADJECTIVE and not names and lexicon.has("nounlike", word.text):
        return Tag.NOUN
    if word.tag == Tag.PREP and before in DETERMINERS and after == Tag.NOUN:
        return Tag.ADJECTIVE  # "the round bales", "the opposite bank"
    if after == Tag.OF and lexicon.has("comparatives", word.text):
        return Tag.RANK
    if word.tag == Tag.QUANTITY and after != Tag.OF:
        return Tag.NOUN
    if word.tag == Tag.SIDE and word.text in _NOUN_SIDES and before == Tag.NOUN and after in BREAKS:
        return Tag.NOUN  # "the table top"
    return word.tag


def _owner(words: list[Word], index: int, names: bool, lexicon: Lexicon) -> Tag:
    """As in "'s": of an owner, or "is"/"has" ("the ram's got to", "the lorry's blocking the gate")."""
    before, after = near(words, index - 1), near(words, index + 1)
    if before == Tag.PRONOUN and names and words[index - 1].text.endswith(("one", "body")):
        return Tag.OWNER  # "someone's trowel"
    following = words[index + 1].text if index + 1 < len(words) else ""
    runs = after == Tag.NOUN and following.endswith("ing") and " " not in following
    acts = (runs and not lexicon.has("ing_nouns", following)) or lexicon.has("verbforms", following)
    acts = acts and not lexicon.has("sides", following)
    possessive = before in (Tag.NOUN, Tag.ANAPHOR, Tag.GENERIC, Tag.RANK) and names and not acts
    return Tag.OWNER if possessive else Tag.AUX


def _pointing(words: list[Word], index: int, names: bool, lexicon: Lexicon) -> Tag:
    """As in "that" and its like: before a name a determiner, after one a relative pronoun, else a pronoun."""
    before, after = near(words, index - 1), near(words, index + 1)
    that = words[index].text == "that"
    verb_before = index > 1 and lexicon.is_verb(words[index - 1].text) and words[index - 2].tag not in _BEFORE_NOUN
    if that and before in _RELATABLE and after not in BREAKS and not (verb_before and names):
        return Tag.WH
    if names:
        return Tag.THE
    return Tag.WH if that and after in DETERMINERS else Tag.PRONOUN


def _left_or_right(words: list[Word], index: int) -> Tag:
    before, after = near(words, index - 1), near(words, index + 1)
    if before in (Tag.AUX, Tag.NOT) or (
        words[index].text == "left" and before == Tag.NOUN and after in (Tag.PREP, Tag.ADVERB)
    ):
        return Tag.VERB
    if words[index].text == "right" and after in (Tag.PREP, Tag.ADVERB) and before not in DETERMINERS:
        return Tag.ADVERB
    return Tag.SIDE
