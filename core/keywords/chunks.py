"""From tagged words to chunks, each the name of one thing: "the two brown dogs" | "a glass of water" | "everything"."""

from __future__ import annotations

from collections.abc import Sequence

from core.keywords.filters import word_filters
from core.keywords.lexicon import Lexicon
from core.keywords.words import DETERMINERS, NAMING, Chunk, Sort, Tag, Word, near

_MODIFIERS = frozenset((Tag.ADJECTIVE, Tag.SIDE, Tag.RANK, Tag.NUMBER))
_NOUNS = frozenset(
    (Tag.NOUN, Tag.PLACE, Tag.QUANTITY, Tag.SOFT_META, Tag.META, Tag.ATTRIBUTE, Tag.GENERIC, Tag.ANAPHOR)
)
_NEVER_SAID = frozenset((Tag.META, Tag.ANAPHOR))
_NO_PLURAL = ("ss", "us", "is", "'s")
_ALL_OF = frozenset(["all", "every", "each", "any", "everything", "whatever"])
_LOOSE_NOUNS = frozenset(["thing", "things", "bit", "bits", "stuff"])
_LIGHT_ADVERBS = frozenset(["very", "really", "too", "quite", "so", "just", "only", "almost"])


def find_chunks(words: Sequence[Word], lexicon: Lexicon) -> list[Chunk]:
    """Every chunk in the order said."""
    chunks: list[Chunk] = []
    index = 0
    while index < len(words):
        if words[index].tag.value not in NAMING:
            index += 1
            continue
        end = _end(words, index, lexicon)
        chunk = _chunk(words, index, end, lexicon)
        if chunk.tags.strip("dD"):
            chunks.append(chunk)
        index = end
    return chunks


def _end(words: Sequence[Word], start: int, lexicon: Lexicon) -> int:
    """Where the chunk that begins at `start` ends (excluded)."""
    if words[start].tag in (Tag.ALL, Tag.REST):
        return start + 1
    index = start
    while near(words, index) in DETERMINERS or (index > start and near(words, index) == Tag.REST):
        index += 1
    noun = False
    while index < len(words):
        tag = words[index].tag
        if (tag == Tag.ADVERB and not noun and near(words, index + 1) == Tag.ADJECTIVE) or (
            tag in _MODIFIERS and not noun
        ):
            index += 1
        elif tag in _NOUNS and not (noun and _lists(words, index, lexicon)):
            noun = True
            index += 1
        elif tag == Tag.AND and not noun and _both_modify(words, index):
            index += 1
        elif tag == Tag.OF and noun and _contains(words, index, lexicon):
            index += 1
            noun = False
        else:
            break
    return max(index, start + 1)


def _both_modify(words: Sequence[Word], index: int) -> bool:
    """As in "the red and blue car": one car; before a plural the two are told apart elsewhere."""
    if words[index].text != "and" or near(words, index - 1) != Tag.ADJECTIVE or near(words, index + 1) != Tag.ADJECTIVE:
        return False
    return near(words, index + 2) == Tag.NOUN


def _lists(words: Sequence[Word], index: int, lexicon: Lexicon) -> bool:
    """Whether a noun after a noun is a new thing ("dogs cats") rather than the rest of a compound ("dog collar")."""
    before, word = words[index - 1], words[index]
    if lexicon.has("options", "noun first") or lexicon.has("options", "noun last"):
        return False  # only English piles up plurals and names without a comma in what reaches here
    if before.tag == Tag.NOUN and word.tag == Tag.NOUN and is_plural(before, lexicon):
        return True
    creatures = lexicon.has("creatures", before.text) and lexicon.has("creatures", word.text)
    return creatures and word.tag == Tag.NOUN


def is_plural(word: Word, lexicon: Lexicon) -> bool:
    """By the parser's tag where there is one, else by its ending."""
    if lexicon.has("plurals", word.text):
        return True
    if lexicon.has("plurals_as_modifiers", word.text) or not word.text.endswith("s") or word.text.endswith(_NO_PLURAL):
        return False
    return word.pos in ("", "NNS", "NNPS", "VBZ")


def _contains(words: Sequence[Word], index: int, lexicon: Lexicon) -> bool:
    """As in "bowl of fruit", "pile of books": no determiner follows, and the first word holds or counts the second."""
    after = near(words, index + 1)
    if lexicon.has("options", "noun first"):
        return after == Tag.NOUN  # "copo de água"
    if after not in (Tag.NOUN, Tag.ADJECTIVE, Tag.NUMBER) or words[index - 1].tag not in (
        Tag.NOUN,
        Tag.SOFT_META,
        Tag.QUANTITY,
    ):
        return False
    holder = _singular(words[index - 1].text)
    return lexicon.has("containers", holder) or lexicon.has("collectives", holder)


def _singular(word: str) -> str:
    for ending, instead in (("xes", "x"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("aves", "af"), ("s", "")):
        if word.endswith(ending) and not word.endswith("ss"):
            return word[: -len(ending)] + instead
    return word


def _chunk(words: Sequence[Word], start: int, end: int, lexicon: Lexicon) -> Chunk:
    span = range(start, end)
    of = next((i for i in span if words[i].tag == Tag.OF), end)
    nouns = [i for i in range(start, of) if words[i].tag in _NOUNS]
    chunk = Chunk(start, end, nouns[-1] if nouns else end - 1, [], "")
    chunk.tags = "".join(words[i].tag.value for i in span)
    chunk.determiner = next((words[i].text for i in span if words[i].tag in DETERMINERS), "")
    chunk.owned = any(words[i].text == "own" for i in span)
    said: list[tuple[str, Tag]] = []
    for i in span:
        word = words[i]
        if word.tag in (Tag.SIDE, Tag.RANK, Tag.NUMBER):
            chunk.filters += word_filters(word.text, lexicon)
        elif word.tag == Tag.META and i + 1 < end and words[i + 1].tag == Tag.NOUN:
            said.append((word.text, word.tag))  # "photo bomber"
        elif word.tag == Tag.ADJECTIVE and i and words[i - 1].text in ("most", "least"):
            continue  # a superlative that nothing here measures
        elif word.tag in DETERMINERS or word.tag in _NEVER_SAID or lexicon.has("vague", word.text):
            continue
        elif not (word.tag == Tag.ADVERB and word.text in _LIGHT_ADVERBS):
            said.append((word.text, word.tag))
    if len(said) > 1 and lexicon.has("stripped_attributes", said[-1][0]):
        said.pop()  # "the car colour" asks about the car
    if len(said) > 1 and said[-1][0] in _LOOSE_NOUNS and said[-2][1] == Tag.NOUN:
        said.pop()  # "that stamp thing"
    chunk.words = [text for text, _ in said]
    chunk.adjectives = [text for text, tag in said if tag == Tag.ADJECTIVE]
    chunk.head = _head(said, lexicon)
    return chunk


def _head(said: Sequence[tuple[str, Tag]], lexicon: Lexicon) -> str:
    """The noun, compounds whole. A vessel is meant itself ("bowl" of fruit), a measure stands for its content."""
    tags = [tag for _, tag in said]
    if Tag.OF in tags:
        cut = tags.index(Tag.OF)
        holder = said[cut - 1][0] if cut else ""
        part = said[:cut] if lexicon.has("containers", _singular(holder)) else said[cut + 1 :]
        return _head(part, lexicon)
    named = any(tag == Tag.NOUN for _, tag in said)
    nouns = [(text, tag) for text, tag in said if tag in _NOUNS and (named or tag != Tag.GENERIC)]
    if lexicon.has("options", "noun first"):
        return nouns[0][0] if nouns else ""
    while nouns and nouns[-1][1] == Tag.ATTRIBUTE and len(nouns) > 1:
        nouns.pop()
    return " ".join(text for text, _ in nouns)


def sort_of(chunk: Chunk) -> Sort:
    """What kind of naming a chunk is."""
    tags = chunk.tags.strip("dD")
    if "r" in tags:
        return Sort.REST
    if tags.startswith("L"):
        return Sort.ALL
    nouns = [tag for tag in tags if tag in "NFQZMmKY"]
    if not nouns:
        return Sort.MODIFIER
    if set(nouns) <= {"Y"}:
        return Sort.ANAPHOR
    if set(nouns) <= {"Z"}:
        if len(chunk.words) > 1:
            return Sort.THING
        return Sort.ALL if chunk.determiner in _ALL_OF or chunk.words[0].endswith("s") else Sort.VAGUE
    if set(nouns) <= {"M", "K"}:
        return Sort.META
    if set(nouns) <= {"M", "K", "m"}:
        return Sort.SOFT
    return Sort.THING
