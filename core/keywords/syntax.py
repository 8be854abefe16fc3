"""A parse on top of the rules' tags: open word classes get the parser's, every word its head.

Orders are helped over the parser's weak spot, the verb taken for a noun: "mask the dog" is read as "you must mask the
dog", a mere name as "you must see ...". The helping words are taken out again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.keywords.lexicon import Lexicon
from core.keywords.parser import Parser, Token
from core.keywords.words import BREAKS, DETERMINERS, ENDS, INNER, NAMING, Tag, Word, near

_FORMS = {"i": "I", "'d": "would", "insteadof": "without", "ca": "can", "wo": "will", "thing": "thing"}
_ORDER = ("you", "must")
_NAMED = ("you", "must", "see")
_OPEN = frozenset(
    (Tag.NOUN, Tag.ADJECTIVE, Tag.VERB, Tag.META, Tag.SOFT_META, Tag.ATTRIBUTE, Tag.QUANTITY, Tag.PLACE, Tag.PARTICLE)
)
_DELIVERY = frozenset((Tag.META, Tag.SOFT_META, Tag.ATTRIBUTE, Tag.QUANTITY, Tag.PLACE))
_APART = (*BREAKS, Tag.AND)
_PLAIN = {"RB": Tag.ADVERB, "RBR": Tag.ADVERB, "RBS": Tag.ADVERB, "IN": Tag.PREP}
_VERBAL = frozenset(["VB", "VBP", "VBZ", "VBD", "VBN", "VBG", "MD"])
_PARTICIPLE = frozenset(("VBN", "VBG", "VBD"))
_FINITE = frozenset(("VBZ", "VBP", "VBD"))
_AFTER_LISTED = frozenset((Tag.NOUN, Tag.AND, Tag.PREP, Tag.MARK, *BREAKS))
_AFTER_VERB = frozenset((Tag.TO, Tag.AUX, Tag.PRONOUN, *DETERMINERS))
_BARE_SUBJECTS = frozenset(("what", "that", "this"))
_BASE = _FINITE | {"VB"}
_SUBJECTS = frozenset(("nsubj", "nsubjpass"))


@dataclass(slots=True)
class _Line:
    """One sentence for the parser: its forms, and for each the index of the word it stands for (-1: helping word)."""

    forms: list[str]
    indices: list[int]
    named: bool = False


def parse_words(words: list[Word], parser: Parser, lexicon: Lexicon) -> None:
    """Fill `head`, `dep` and `pos` of every word and settle the open classes, in place."""
    spans = _sentences(words, lexicon)
    bare = [span for span in spans if _is_bare(words[span[0] : span[1]])]
    plain = [_line(words, span, False) for span in spans]
    first = parser.parse([line.forms for line in plain])
    chosen = dict(zip(spans, zip(plain, first, strict=True), strict=True))
    named = [span for span in bare if not _has_clause(chosen[span][1])]
    helped = [_line(words, span, True) for span in named]
    for span, line, tokens in zip(named, helped, parser.parse([line.forms for line in helped]), strict=True):
        chosen[span] = (line, tokens)
    for line, tokens in chosen.values():
        _take_over(words, line, tokens)
    ordered = _ordered(words)
    for index in range(len(words)):
        words[index].tag = _settled(words, index, lexicon, ordered[index])


def _sentences(words: Sequence[Word], lexicon: Lexicon) -> list[tuple[int, int]]:
    """Spans that are parsed on their own: sentences, cut again where an order or a reason begins."""
    spans, start = [], 0
    for index, word in enumerate(words):
        if word.tag in ENDS or word.tag == Tag.CORRECTION:
            spans.append((start, index + 1))
            start = index + 1
        elif _begins_clause(words, index, lexicon):
            spans.append((start, index))
            start = index
    spans.append((start, len(words)))
    return [(a, b) for a, b in spans if any(w.tag not in BREAKS and w.tag != Tag.MARK for w in words[a:b])]


def _begins_clause(words: Sequence[Word], index: int, lexicon: Lexicon) -> bool:
    word, before = words[index], near(words, index - 1)
    if word.tag == Tag.BUT:
        return True
    if word.order:
        return before not in (Tag.TO, Tag.PRONOUN, Tag.AUX, Tag.NOT, Tag.ADVERB) or near(words, index - 2) in BREAKS
    return word.tag == Tag.WH and lexicon.has("reasons", word.text) and before not in (Tag.VERB, Tag.AUX, Tag.ADVERB)


def _is_bare(words: Sequence[Word]) -> bool:
    return not any(word.order or word.tag in (Tag.AUX, Tag.WH) for word in words)


def _has_clause(tokens: Sequence[Token]) -> bool:
    """Whether the parser found a finite verb with a subject: "that lamppost ruins the view".

    A singular without a determiner is no subject ("pacemaker leads").
    """
    for index, token in enumerate(tokens):
        root = tokens[token.head]
        if token.dep in _SUBJECTS and root.tag in _FINITE and root.dep == "ROOT":
            determined = any(t.head == index and t.dep in ("det", "poss") for t in tokens)
            disagree = (token.tag, root.tag) in (("NN", "VBP"), ("NNS", "VBZ"))  # "the door handle"
            return not disagree and (token.tag != "NN" or determined or root.tag == "VBD")
    return False


def _line(words: Sequence[Word], span: tuple[int, int], named: bool) -> _Line:
    line = _Line([], [], named)

    def put(forms: Sequence[str], index: int) -> None:
        line.forms.extend(forms)
        line.indices.extend([index] * len(forms))

    for index in range(*span):
        word = words[index]
        if word.tag == Tag.MARK:
            continue
        if named and (word.tag.value in NAMING or word.tag in (Tag.PRONOUN, Tag.PREP)):
            put(_NAMED, -1)
            named = False
        if word.order and near(words, index - 1) not in (Tag.TO, Tag.PRONOUN, Tag.AUX, Tag.NOT):
            put(_ORDER, -1)
        put((_form(word),), index)
    return line


def _form(word: Word) -> str:
    if word.tag == Tag.CORRECTION:
        return ","
    if word.text == "'s" and word.tag == Tag.AUX:
        return "is"
    return _FORMS.get(word.text, word.text.split()[-1])


def _take_over(words: Sequence[Word], line: _Line, tokens: Sequence[Token]) -> None:
    for index, token in zip(line.indices, tokens, strict=True):
        if index < 0:
            continue
        word, own = words[index], tokens[token.head] is token
        word.head = -1 if own else line.indices[token.head]
        word.dep, word.pos = token.dep, token.tag
        mistaken = word.pos in _BASE and word.tag == Tag.NOUN and near(words, index - 1) == Tag.NOUN
        if line.named and mistaken and near(words, index + 1) not in _AFTER_VERB:
            word.pos = "NNS"  # a mere name has no finite verb: "roof tiles off"


def _settled(words: Sequence[Word], index: int, lexicon: Lexicon, ordered: bool) -> Tag:
    """The parser's class for an open word, unless its neighbours speak against it."""
    word = words[index]
    before, after = near(words, index - 1), near(words, index + 1)
    if word.tag == Tag.SIDE and word.pos in ("VBN", "VBD") and after not in INNER:
        return Tag.VERB
    if word.order or word.fixed or " " in word.text or word.tag not in _OPEN or not word.pos:
        return word.tag
    names = after in INNER
    if before == Tag.NUMBER and (word.pos == "VBG" or (word.pos == "VBN" and _both(words, index) and not names)):
        return Tag.VERB
    if word.tag == Tag.ADJECTIVE:
        return word.tag
    overruled = _overruled(words, index, lexicon, ordered)
    if overruled is not None:
        return overruled
    determined = before in DETERMINERS or before in (Tag.NUMBER, Tag.OWNER, Tag.RANK)
    inside = determined or before == Tag.ADJECTIVE
    compound = before == Tag.NOUN and not lexicon.has("abstract", word.text)
    if word.tag in _DELIVERY and (inside or compound):
        return word.tag
    if word.pos == "VBG" and lexicon.has("ing_nouns", word.text) and before not in (Tag.AUX, Tag.PRONOUN):
        return Tag.NOUN
    if word.pos in _VERBAL:
        return _verbal(word, names, inside)
    if word.tag in _DELIVERY:
        return word.tag
    if word.tag == Tag.PARTICLE:
        return Tag.PREP if word.dep == "prep" else word.tag
    if word.pos.startswith("JJ"):
        last = word.pos == "JJ" and before == Tag.NOUN and _is_last_noun(words, index, lexicon)
        return Tag.ADJECTIVE if not last and (names or not inside) else Tag.NOUN
    return Tag.NOUN if determined else _PLAIN.get(word.pos, Tag.NOUN)


def _both(words: Sequence[Word], index: int) -> bool:
    return words[index - 1].text == "both"


def _overruled(words: Sequence[Word], index: int, lexicon: Lexicon, ordered: bool) -> Tag | None:
    """Where the parser is known to err: bare names and lists read as verbs, and verbs read as names."""
    word, before, after = words[index], near(words, index - 1), near(words, index + 1)
    if not ordered and word.tag == Tag.NOUN and before in _APART and after in (*_APART, Tag.PREP):
        return Tag.NOUN if word.pos in ("JJ", "VB", "VBP", "NN") else None  # "garnish and sauce"
    if word.pos in ("VBZ", "VBP") and _listed_after_order(words, index):
        return Tag.NOUN
    if word.pos in _BASE and before == Tag.NOUN and word.tag == Tag.NOUN and after == Tag.AUX and not ordered:
        return Tag.NOUN  # "pacemaker leads should ..."
    if word.pos == "NNS" and after in DETERMINERS and before in (Tag.NOUN, Tag.GENERIC) and not ordered:
        return Tag.VERB  # "scaffolding ruins the view"
    if word.pos in _VERBAL and index and words[index - 1].text in _BARE_SUBJECTS and after not in INNER:
        words[index - 1].tag = Tag.PRONOUN if words[index - 1].tag == Tag.THE else Tag.WH
        return Tag.VERB  # "what means the sign", "whatever that means"
    if word.pos in ("VB", "VBP") and before in (Tag.COMMA, Tag.AND) and after == Tag.NOUN and not ordered:
        return Tag.NOUN  # "exit signs, call points"
    if word.pos == "VBN" and before == Tag.AUX and after in BREAKS and near(words, index - 2) == Tag.WH:
        where = words[index - 2].text == "where" and not lexicon.has("verbforms", word.text)
        return Tag.NOUN if where and not lexicon.is_verb(word.text) else Tag.VERB  # "where's waldo"
    if before == Tag.WH and (after in DETERMINERS or lexicon.has("verbforms", word.text)):
        return Tag.VERB  # "that looks like"
    return None


def _ordered(words: Sequence[Word]) -> list[bool]:
    """For each word, whether an order or an auxiliary stands earlier in its sentence."""
    seen, out = False, []
    for word in words:
        out.append(seen)
        seen = word.tag not in ENDS and (seen or word.order or word.tag == Tag.AUX)
    return out


def _is_last_noun(words: Sequence[Word], index: int, lexicon: Lexicon) -> bool:
    """An unknown adjective after a noun ends a compound ("thorn starfish") where nothing takes a predicate."""
    if near(words, index + 1) not in (*BREAKS, Tag.PREP, Tag.MARK, Tag.AND):
        return False
    start = next((i + 1 for i in range(index - 1, -1, -1) if words[i].tag in ENDS), 0)
    return not any(w.tag == Tag.AUX or lexicon.has("predicating", w.text) for w in words[start:index])


def _listed_after_order(words: Sequence[Word], index: int) -> bool:
    """As in "show horses cows sheep", "flag any crew reflections": still the names right behind an order."""
    if near(words, index - 1) != Tag.NOUN or near(words, index + 1) not in _AFTER_LISTED:
        return False
    start = index - 1
    while start > 0 and words[start].tag.value in "dDJUEN" and not words[start].order:
        start -= 1
    return words[start].order


def _verbal(word: Word, names: bool, inside: bool) -> Tag:
    """A word read as a verb: inside a noun phrase it is an adjective ("the parked car") or its noun ("the drawing")."""
    if not inside:
        return Tag.VERB
    if names and word.pos in _PARTICIPLE:
        return Tag.ADJECTIVE
    return Tag.NOUN
