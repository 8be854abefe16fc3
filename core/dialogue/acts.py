"""One request, one or several acts: "segment the dog and tell me how large it is" is a segmentation, then an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from core.policy import decide
from core.ports import IntentClassifier, KeywordExtractor
from core.types.language import IntentName, Keywords, Phrase
from core.types.thresholds import Thresholds
from core.types.turn import Act

MOST_ACTS = 3
# Where a second act may begin: a coordinator, or a sentence's end, before a word that opens a request or a question.
OPENERS = (
    "tell|say|count|describe|show|give|find|locate|detect|mark|outline|segment|trace|cut|mask|remove"
    "|erase|delete|replace|make|turn|upscale|enlarge|sharpen|read|list|explain|how|what|which|where|who|is"
    "|are|does|do|box|fill|export|save|draw|then|also|finally"
)
COORDINATOR = re.compile(
    r"(?:\s*[,;]\s*(?:and\s+)?(?:then\s+|also\s+|finally\s+)?|\s+and\s+(?:then\s+|also\s+|finally\s+)?"
    r"|\s+then\s+|[.!?]\s+(?:and\s+|then\s+|also\s+)*)"
    rf"(?=(?:{OPENERS})\b)",
    re.IGNORECASE,
)


def split_clauses(text: str) -> list[str]:
    """The parts of a text that might each be a request of their own; one part where there is no seam."""
    parts = [part.strip(" ,;") for part in COORDINATOR.split(text)]
    return [part for part in parts if part] or [text]


def find_acts(text: str, whole: IntentName, classifier: IntentClassifier, thresholds: Thresholds) -> tuple[Act, ...]:
    """The acts of a text whose intent as a whole is `whole`, in the order said.

    Clauses become acts of their own only where every one is understood with certainty, none is `other`, neighbours
    differ, and the first or the whole agree on one of them; otherwise the text is one act.
    """
    clauses = split_clauses(text)
    if not 2 <= len(clauses) <= MOST_ACTS or any(len(clause.split()) < 2 for clause in clauses):
        return (Act(whole, text),)
    decided = [decide(p, thresholds).intent for p in classifier.classify(clauses)]
    acts: list[Act] = []
    for clause, intent in zip(clauses, decided, strict=True):
        if intent is None or intent == IntentName.OTHER:
            return (Act(whole, text),)
        if acts and acts[-1].intent == intent:
            acts[-1] = Act(intent, f"{acts[-1].text}, {clause}")
        else:
            acts.append(Act(intent, clause))
    if len(acts) < 2 or whole not in {act.intent for act in acts}:
        return (Act(whole, text),)
    return tuple(acts)


READING = re.compile(
    r"\b(what|which|wh?at'?s)\b.*\b(says?|said|written|printed|spells?|reads?)\b|\bread\b.*\b(out|aloud|sign|label|plate|title|page)\b"
    r"|\bwas steht\b|\bque dice\b|\bqué dice\b",
    re.IGNORECASE,
)
TEXT = Phrase("text", "text")


def _with_text(act: Act, found: Keywords) -> Keywords:
    """ "What does the sign say?" asks for the text, whether or not the sign itself is found."""
    asks = act.intent == IntentName.ANSWER and READING.search(act.text)
    if not asks or any(p.head in ("text", "writing", "words", "lettering") for p in found.phrases):
        return found
    return replace(found, phrases=(*found.phrases, TEXT), everything=False)


def phrase_from(text: str, extractor: KeywordExtractor) -> Phrase:
    """One object phrase typed by itself ("left dog"), with its head, colours and filters as if it had been said."""
    found = extractor.extract(text).phrases
    return found[0] if len(found) == 1 else Phrase(text, text.split()[-1])


def keywords_of(acts: Sequence[Act], extractor: KeywordExtractor) -> tuple[tuple[Act, ...], Keywords]:
    """The acts with their phrases, and the keywords of all of them merged.

    An act that only refers back ("tell me how large it is") is about the phrases of the act before.
    """
    parts: list[Keywords] = []
    named: list[Act] = []
    for act in acts:
        found = _with_text(act, extractor.extract(act.text))
        phrases = tuple(p.text for p in found.phrases)
        if not phrases and named and not found.everything:
            phrases = named[-1].phrases
        named.append(replace(act, phrases=phrases))
        parts.append(found)
    merged = tuple(dict.fromkeys(p for part in parts for p in part.phrases))  # one text may come with two filters
    order = {p.text for p in merged}
    keywords = replace(
        parts[0],
        phrases=merged,
        context=tuple(dict.fromkeys(c for part in parts for c in part.context if c not in order)),
        excluded=tuple(dict.fromkeys(e for part in parts for e in part.excluded)),
        dropped=tuple(d for part in parts for d in part.dropped),
        everything=any(part.everything for part in parts) and not order,
        refers_back=parts[0].refers_back and not order,
        replacement=next((part.replacement for part in parts if part.replacement), ""),
        scores=tuple(dict.fromkeys(score for part in parts for score in part.scores)),
    )
    return tuple(named), keywords
