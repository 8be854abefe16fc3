"""Plainer sentences before anything is parsed: words that only place, deliver or measure become marks or go.

"the mug in the top left corner of the photo" -> "the mug @left,top"; "draw a box around every bus" -> "draw every bus";
"one of the candles" -> "one candles". What a mark stands for is kept on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from core.keywords.filters import side_filters
from core.keywords.lexicon import Lexicon
from core.keywords.words import DETERMINERS, INNER, Tag, Word, tags_of

Rule = Callable[[list[Word], re.Match[str], Lexicon], "list[Word] | None"]

# Words that stand between a word of delivery and the thing itself: "a mask covering the dog".
_THROUGH = frozenset(
    [
        "of",
        "for",
        "around",
        "round",
        "over",
        "on",
        "onto",
        "from",
        "along",
        "across",
        "in",
        "covering",
        "containing",
        "showing",
        "with",
        "about",
        "between",
    ]
)
_SOFT_THROUGH = frozenset(
    ["around", "round", "over", "between"]
)  # "the label on the bottle" is a thing, "a box round it" is not
_SUBJECTS = frozenset(["i", "you", "he", "she", "it", "we", "they", "that"])
_QUESTIONS = frozenset(["where", "what", "how", "why"])
_FROM = frozenset(("from", "von", "desde", "depuis", "da", "de"))
_HUNG = frozenset(["picture", "pictures", "photo", "photos", "photograph", "photographs", "mask", "masks"])
_MANNER = frozenset(["as", "into", "to"])


def simplify(words: list[Word], lexicon: Lexicon) -> list[Word]:
    """Apply every rule until none finds anything more. Each application shortens the sentence, so this ends."""
    for pattern, rule in _RULES:
        start = 0
        while match := pattern.search(tags_of(words), start):
            replaced = rule(words, match, lexicon)
            if replaced is None:
                start = match.start() + 1
                continue
            words = [*words[: match.start()], *replaced, *words[match.end() :]]
            start = match.start() + len(replaced)
    return words


def split_splices(words: list[Word]) -> list[Word]:
    """A comma before a new subject or question begins a sentence: "I'm selling this bike, can you clear ..."."""
    out: list[Word] = []
    for index, word in enumerate(words):
        out.append(word)
        if word.tag == Tag.NOUN and _asks_on(words, index + 1):
            out.append(Word(".", Tag.STOP))
        if word.tag not in (Tag.COMMA, Tag.MARK) or not _new_clause(words, index + 1):
            continue
        if word.tag == Tag.COMMA:
            word.tag = Tag.STOP
        elif word.meta:
            out.append(Word(".", Tag.STOP))
    return out


def _asks_on(words: Sequence[Word], index: int) -> bool:
    """As in "... my glasses what's on that bottle": dictation runs into a question without a comma."""
    following = words[index + 1].tag if index + 1 < len(words) else Tag.STOP
    return index < len(words) and words[index].text in _QUESTIONS and following == Tag.AUX


def _new_clause(words: Sequence[Word], index: int) -> bool:
    first = words[index] if index < len(words) else None
    second = words[index + 1].tag if index + 1 < len(words) else Tag.STOP
    if first is None:
        return False
    if first.tag == Tag.PRONOUN and first.text in _SUBJECTS:
        return second in (Tag.AUX, Tag.VERB, Tag.NOUN)
    if first.tag == Tag.AUX:
        return second in (Tag.PRONOUN, Tag.THE, Tag.A, Tag.ADVERB)
    return first.tag == Tag.WH and first.text in _QUESTIONS


def _texts(words: Sequence[Word]) -> list[str]:
    return [word.text for word in words]


def _names_picture(words: Sequence[Word], lexicon: Lexicon) -> bool:
    return any(lexicon.has("pictures", word.text) for word in words)


def _side(words: list[Word], match: re.Match[str], lexicon: Lexicon) -> list[Word] | None:
    """As in "on the far left (side) (of the picture)" becomes a mark; the left of a thing is merely beside it."""
    if not all(lexicon.has("far", word.text) for word in words[match.start("far") : match.end("far")]):
        return None
    after = words[match.end()].tag if match.end() < len(words) else Tag.STOP
    if match["of"] and not (match["whole"] and _names_picture(words[match.start("whole") : match.end()], lexicon)):
        return [Word("beside", Tag.PREP), *words[match.end("of") : match.end()]]
    if not match["of"] and after in INNER:
        return None  # "on the left foot"
    sides = side_filters(_texts(words[match.start("sides") : match.end("sides")]), lexicon)
    origin = sides[0].value if words[match.start()].text in _FROM and sides else ""
    return [Word("", Tag.MARK, filters=sides, counted_from=origin)]


def _place(words: list[Word], match: re.Match[str], lexicon: Lexicon) -> list[Word] | None:
    """As in "in the background", "at the back (of the barn)": only a place."""
    name = words[match.end("place") - 1].text
    if match["of"]:
        return [Word("beside", Tag.PREP)]
    return [Word("", Tag.MARK, context=name)]


def _picture(words: list[Word], match: re.Match[str], lexicon: Lexicon) -> list[Word] | None:
    """As in "in this picture", "from the whole scene"."""
    named = words[match.start("meta") : match.end("meta")]
    return [Word("", Tag.MARK, meta=True)] if _names_picture(named, lexicon) else None


def _manner(words: list[Word], match: re.Match[str], lexicon: Lexicon) -> list[Word] | None:
    """As in "as a transparent png", "into a sticker"."""
    return [Word(words[match.end() - 1].text, Tag.MARK)] if words[match.start()].text in _MANNER else None


def _delivery(words: list[Word], match: re.Match[str], lexicon: Lexicon) -> list[Word] | None:
    """As in "a mask of", "the outline around", "the colour of": what follows is meant."""
    through = words[match.end() - 1].text
    last = words[match.end("meta") - 1]
    foreign = lexicon.has("through", through)
    if not foreign and (through not in _THROUGH or (through == "in" and last.tag != Tag.META)):
        return None
    named = any(word.tag == Tag.NOUN for word in words[match.start() : match.start("meta")])
    if named and through not in ("of", "for", "around", "round"):
        return None  # "the dog picture on ..." but "a garbage matte for ..."
    if last.tag == Tag.ATTRIBUTE and through not in ("of", "between") and not foreign:
        return None
    definite = any(word.tag == Tag.THE for word in words[match.start() : match.start("meta")])
    if through == "on" and definite and last.text in _HUNG:
        last.tag = Tag.NOUN  # "the picture on the wall", "the mask on her face"
        return None
    if last.tag == Tag.SOFT_META and not (through == "of" and lexicon.has("forms", last.text)):
        drawn = any(lexicon.has("creates", w.text) for w in words[max(0, match.start() - 2) : match.start()])
        on = through in ("on", "over", "at", "for", "onto", "from") and not definite and drawn
        if not on and through not in _SOFT_THROUGH:
            return None
    if match.start() and words[match.start() - 1].tag == Tag.OWNER:
        return None  # "the pool's boundary on the floor"
    if through == "for" and lexicon.has("formats", last.text):
        return None
    if through == "for" and match.end() < len(words) and _is_destination(words, match.end(), lexicon):
        return None
    bare = match.end() < len(words) and words[match.end()].tag in (Tag.NOUN, Tag.ADJECTIVE)
    determined = words[match.start()].tag in DETERMINERS
    return [Word("some", Tag.A)] if bare and determined and not foreign else []  # keeps a noun a noun for the parser


def _is_destination(words: Sequence[Word], index: int, lexicon: Lexicon) -> bool:
    while index < len(words) and words[index].tag in "dDJU":
        index += 1
    return index < len(words) and lexicon.has("destinations", words[index].text)


def _share(words: list[Word], match: re.Match[str], lexicon: Lexicon) -> list[Word] | None:
    """As in "two of the dogs", "each of the", "which of these": the word before stays, "of the" goes."""
    kept = words[match.start()]  # a number after "of the" counts the group, not what is wanted of it
    if kept.tag in (Tag.WH, Tag.PRONOUN, Tag.ALL):
        if kept.tag == Tag.PRONOUN and not lexicon.has("indefinite", kept.text) and kept.text != "none":
            return None
        kept.tag = Tag.A
    return [kept]


def _quantity(words: list[Word], match: re.Match[str], lexicon: Lexicon) -> list[Word] | None:
    """As in "a couple of", "lots of the", "the rest of"."""
    return []


def _one_by_one(words: list[Word], match: re.Match[str], lexicon: Lexicon) -> list[Word] | None:
    """As in "leaf by leaf" names no thing."""
    return [] if words[match.start()].text == words[match.end() - 1].text else None


_RULES: tuple[tuple[re.Pattern[str], Rule], ...] = (
    (re.compile(r"(?:(?<=^)|(?<=[^Q]))(?:[dD]?J*Q)O(?=[dDJUESNMmKZRY])"), _quantity),
    (re.compile(r"[UEDWRL]O[dD](?:U(?=[JNmF]))?(?=[JUESNQMmKFYZ])"), _share),
    (
        re.compile(r"[Po][dD]?(?P<far>[JBDNF]*?)(?P<sides>S+)F*(?:(?P<of>O)(?P<whole>[dD]?[JB]*[Mm]+(?![JNO]))?)?"),
        _side,
    ),
    (re.compile(r"[dD]?(?P<far>)(?P<sides>S+)F*(?P<of>O)(?P<whole>[dD]?[JB]*[Mm]+(?![JNO]))?"), _side),
    (re.compile(r"(?<=[NY])(?P<far>)(?P<sides>S+)F*(?P<of>)(?P<whole>)(?=[.,?XCA]|$)"), _side),
    (re.compile(r"P[dD]?[JBD]*(?P<place>F+)(?:(?P<of>O)(?=[dDJUESNQMmKFYZ])|(?![JNMmF]))"), _place),
    (re.compile(r"P[dD]N(?P<meta>M)(?=[.,?RC]|$)"), _picture),
    (re.compile(r"[PO][dD]?[JBD]*(?P<meta>[Mm]+)(?![JNMmOKY'])"), _picture),
    (re.compile(r"[Po][dD]?[JBN]*[Mm]+(?![JNMmOKY'])"), _manner),
    (re.compile(r"G?(?:[dD][dDUEJB]*|U|E)?[JB]*N*M*(?P<meta>M)[OP](?=[dDJUESNQMmKFYZLRW])"), _delivery),
    (
        re.compile(
            r"G?(?:[dD][dDUEJB]*|U|E)?[JB]*M*(?P<meta>[MmK]+)(?:V?[BLR]{0,2}P|O|V)(?=[BLR]?[dDJUESNQMmKFYZLRW])"
        ),
        _delivery,
    ),
    (re.compile(r"(?<=[NVTMK@.,])N(?P<by>P)N(?=[.,?BPAWC@]|$)"), _one_by_one),
)
