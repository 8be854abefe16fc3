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


def keywords_of(acts: Sequence[Act], extractor: KeywordExtractor) -> tuple[tuple[Act, ...], Keywords]:
    """The acts with their phrases, and the keywords of all of them merged.

    An act that only refers back ("tell me how large it is") is about the phrases of the act before.
    """
    parts: list[Keywords] = []
    named: list[Act] = []
    for act in acts:
        found = extractor.extract(act.text)
        phrases = tuple(p.text for p in found.phrases)
        if not phrases and named and not found.everything:
            phrases = named[-1].phrases
        named.append(replace(act, phrases=phrases))
        parts.append(found)
    merged: dict[str, Phrase] = {p.text: p for part in reversed(parts) for p in part.phrases}
    order = dict.fromkeys(p.text for part in parts for p in part.phrases)
    keywords = replace(
        parts[0],
        phrases=tuple(merged[text] for text in order),
        context=tuple(dict.fromkeys(c for part in parts for c in part.context if c not in order)),
        excluded=tuple(dict.fromkeys(e for part in parts for e in part.excluded)),
        dropped=tuple(d for part in parts for d in part.dropped),
        everything=any(part.everything for part in parts) and not order,
        refers_back=parts[0].refers_back and not order,
        replacement=next((part.replacement for part in parts if part.replacement), ""),
    )
    return tuple(named), keywords
