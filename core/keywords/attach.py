"""Slots from the parse, corrected where the words right before a chunk leave no doubt."""

from __future__ import annotations

from core.keywords.structure import Structure
from core.keywords.words import ENDS, Chunk, Kind, Slot, Tag, near

_CHAINED = frozenset(["xcomp", "ccomp", "pcomp", "csubj", "csubjpass", "aux", "auxpass", "acomp", "parataxis", "prep"])
_RELATIVE = frozenset(("relcl", "acl"))
_PREPS = frozenset((Tag.PREP, Tag.OF, Tag.TO))
_ROUND = frozenset(("round", "around", "along"))
_COPULAS = frozenset(["is", "are", "was", "were", "'s", "'re"])
_DEPTH = 40  # a chain of heads is never longer in a readable sentence


def attach(structure: Structure) -> None:
    """Fill every chunk's slot, verb, prep, parent and joined, and every verb's kind and cluster, from the parse."""
    for number, chunk in enumerate(structure.chunks):
        _attach(structure, number, chunk)
    for index, word in enumerate(structure.words):
        if word.tag in (Tag.VERB, Tag.AUX):
            kind, structure.clusters[index] = _clause(structure, index)
            aside = kind == Kind.MAIN and not word.order and is_aside(structure, index)
            structure.kinds[index] = Kind.ADVERBIAL if aside else kind
    for number, chunk in enumerate(structure.chunks):
        _join_before_participle(structure, number, chunk)
        if _is_offered(structure, number, chunk):
            chunk.slot, chunk.verb, chunk.prep, chunk.parent, chunk.joined = Slot.OBJECT, -1, "", None, None
        host = _host_of_list(structure, number)
        if host is not None:
            chunk.joined = host


def _is_copula_pair(structure: Structure, number: int, chunk: Chunk) -> bool:
    """As in "is that fold an anticline?": the first is asked about, the second, right behind it, is what it may be."""
    words, before = structure.words, chunk.start - 1
    start = structure.sentence(chunk.start)[0]
    if near(words, before) == Tag.AUX and words[before].text in _COPULAS and _is_first(structure, before, start):
        follows = number + 1 < len(structure.chunks) and structure.chunks[number + 1].start == chunk.end
        if follows and structure.chunks[number + 1].determiner:
            chunk.slot, chunk.verb = Slot.SUBJECT, before
            return True
    last = structure.chunks[number - 1] if number else None
    if last is None or last.end != chunk.start or last.slot != Slot.SUBJECT or not chunk.determiner:
        return False
    paired = last.verb >= 0 and words[last.verb].text in _COPULAS and last.verb == last.start - 1
    if paired:
        chunk.slot, chunk.verb = Slot.OBJECT, last.verb
    return paired


def _is_first(structure: Structure, index: int, start: int) -> bool:
    return all(w.tag in (Tag.ADVERB, Tag.AND, Tag.COMMA, Tag.WH) for w in structure.words[start:index])


def is_aside(structure: Structure, index: int) -> bool:
    """Whether "so", "because", "while" ... opens the words before a verb, nothing between them that opens a clause."""
    for i in range(index - 1, -1, -1):
        word = structure.words[i]
        if word.tag in (*ENDS, Tag.COMMA, Tag.AND, Tag.BUT) or word.order:
            return False
        if word.tag == Tag.TO and near(structure.words, i - 1) in ENDS:
            return True  # "To work out the cover, ..."
        if word.tag in (Tag.WH, Tag.ADVERB, Tag.PREP) and structure.lexicon.has("asides", word.text):
            return word.tag != Tag.WH or near(structure.words, i - 1) != Tag.VERB
    return False


def _join_before_participle(structure: Structure, number: int, chunk: Chunk) -> None:
    """As in "the board and the kid riding it": the kid is one of the list, not the subject of a clause."""
    words = structure.words
    listed = number and near(words, chunk.start - 1) == Tag.AND and structure.chunks[number - 1].end == chunk.start - 1
    runs = near(words, chunk.end) == Tag.VERB and words[chunk.end].text.endswith("ing")
    if listed and runs and chunk.slot == Slot.SUBJECT and chunk.joined is None:
        chunk.joined = number - 1


def _top(structure: Structure, chunk: Chunk) -> int:
    """The chunk's word whose head lies outside it."""
    index = chunk.noun
    for _ in range(chunk.end - chunk.start):
        head = structure.words[index].head
        if not chunk.start <= head < chunk.end:
            break
        index = head
    return index


def _attach(structure: Structure, number: int, chunk: Chunk) -> None:
    words = structure.words
    top = _top(structure, chunk)
    head, dep = words[top].head, words[top].dep
    if _is_copula_pair(structure, number, chunk):
        return
    if near(words, chunk.end) == Tag.OWNER:
        chunk.slot, chunk.parent = Slot.OWNER, structure.of_word.get(chunk.end + 1)
        return
    before = _before(structure, chunk)
    if (order := ordered_through(structure, before)) >= 0:
        chunk.slot, chunk.verb = Slot.OBJECT, order
        return
    if before >= 0 and words[before].tag in _PREPS and words[before].text != "than":
        _under_preposition(structure, chunk, before)
        return
    if before >= 0 and words[before].order:
        chunk.slot, chunk.verb = Slot.OBJECT, before
        return
    if head < 0 and near(words, chunk.end) == Tag.VERB and structure.lexicon.has("desires", words[chunk.end].text):
        chunk.slot, chunk.verb = Slot.SUBJECT, chunk.end  # "agency wants the product ..."
        return
    if head < 0:
        ruled = (i for i in range(structure.sentence(top)[0], top) if words[i].tag == Tag.AUX and words[i].head == top)
        chunk.verb = top if words[top].tag == Tag.VERB else next(ruled, -1)
        return
    if words[head].tag in _PREPS or dep == "pobj":
        _under_preposition(structure, chunk, head)
        return
    other = structure.of_word.get(head)
    if other is not None and other != number:
        if other < number or dep in ("compound", "nmod", "conj", "appos"):
            chunk.joined = other
        elif dep.startswith("nsubj"):
            chunk.slot = Slot.SUBJECT
        else:
            chunk.slot, chunk.parent = Slot.OWNER, other
        return
    chunk.verb = head
    chunk.slot = Slot.SUBJECT if dep in ("nsubj", "csubj") else Slot.OBJECT
    if dep == "conj" and near(words, before) == Tag.AND and before >= 0:
        chunk.joined = _core_before(structure, number)


def _host_of_list(structure: Structure, number: int) -> int | None:
    """As in "the car beside the barn and the van in front of it": placed itself, the van is listed with the car."""
    chunk, first = structure.chunks[number], structure.chunks[number].joined
    placed = near(structure.words, chunk.end) in (Tag.PREP, Tag.MARK) and chunk.determiner
    if first is None or not placed or structure.chunks[first].slot != Slot.PREP:
        return None
    above = structure.chunks[first]
    if above.parent is None and structure.kinds.get(above.verb) == Kind.RELATIVE:
        return next((n for n in range(first - 1, -1, -1) if structure.chunks[n].end <= above.verb), None)
    return above.parent


def _is_offered(structure: Structure, number: int, chunk: Chunk) -> bool:
    """As in "which is it on the shelf, salt or sugar?": the first of two to choose from, at a question's end."""
    words, following = structure.words, number + 1
    if near(words, chunk.start - 1) != Tag.COMMA or following >= len(structure.chunks):
        return False
    offered = (
        chunk.end < len(words) and words[chunk.end].text == "or" and structure.chunks[following].start == chunk.end + 1
    )
    last = structure.chunks[following].end == structure.sentence(chunk.start)[1]
    if offered and last and structure.asks(chunk.start):
        structure.chunks[following].joined = number
        return True
    return False


def _core_before(structure: Structure, number: int) -> int | None:
    """As in "the line needs marking, and the plate": the last subject or object before."""
    for other in range(number - 1, -1, -1):
        chunk = structure.chunks[other]
        if chunk.slot in (Slot.SUBJECT, Slot.OBJECT) and chunk.verb >= 0:
            return other
    return None


def _before(structure: Structure, chunk: Chunk) -> int:
    """The word before a chunk, marks and light adverbs skipped; -1 at the beginning."""
    index = chunk.start - 1
    while index >= 0 and structure.words[index].tag in (Tag.MARK, Tag.ADVERB, Tag.PARTICLE):
        index -= 1
    return index


def ordered_through(structure: Structure, index: int) -> int:
    """The order whose preposition at `index` makes its object ("look at", "zoom in on", "go round"), or -1."""
    words = structure.words
    if index < 1 or words[index].tag not in _PREPS:
        return -1
    verb = index - 1
    while verb > 0 and words[verb].tag in (Tag.ADVERB, Tag.PARTICLE, Tag.PREP, Tag.SIDE):
        verb -= 1
    if not words[verb].order:
        return -1
    governs = structure.lexicon.has("prepositional", words[verb].text) or words[index].text in _ROUND
    return verb if governs else -1


def _under_preposition(structure: Structure, chunk: Chunk, index: int) -> None:
    words = structure.words
    chunk.slot, chunk.prep = Slot.PREP, words[index].text
    before = structure.of_word.get(_skip_marks(structure, index - 1))
    if words[index].tag == Tag.OF and before is not None:
        chunk.parent = before
        return
    governor = words[index].head
    for _ in range(_DEPTH):
        if governor < 0 or structure.of_word.get(governor) is not None or words[governor].tag in (Tag.VERB, Tag.AUX):
            break
        governor = words[governor].head
    chunk.parent = structure.of_word.get(governor) if governor >= 0 else before
    if chunk.parent is not None and structure.chunks[chunk.parent] is chunk:
        chunk.parent = before
    if chunk.parent is None and governor >= 0:
        chunk.verb = governor


def _skip_marks(structure: Structure, index: int) -> int:
    while index >= 0 and structure.words[index].tag == Tag.MARK:
        index -= 1
    return index


def _clause(structure: Structure, index: int) -> tuple[Kind, int]:
    """The kind of a verb's clause, and the topmost verb of its cluster ("want to have removed" is one cluster)."""
    words = structure.words
    top = index
    for _ in range(_DEPTH):
        word = words[top]
        if word.order:
            return Kind.MAIN, top
        if word.dep in _RELATIVE:
            return Kind.RELATIVE, top
        if word.dep == "advcl" and word.head >= 0:
            return Kind.ADVERBIAL, top
        if word.head < 0 or (word.dep not in _CHAINED and structure.of_word.get(word.head) is None):
            if word.dep == "conj" and word.head >= 0 and words[word.head].tag in (Tag.VERB, Tag.AUX):
                kind, _ = _clause(structure, word.head)
                return kind, top
            return Kind.MAIN, top
        if structure.of_word.get(word.head) is not None and words[word.head].tag not in (Tag.VERB, Tag.ADJECTIVE):
            return (Kind.RELATIVE if word.dep in ("acl", "relcl") else Kind.MAIN), top
        top = word.head
    return Kind.MAIN, top
