"""What is wanted in the end: a request without its stutter, and without what it takes back or asks for only afterwards.

"don't segment, just tell me what it is" -> "tell me what it is"; "box it, no wait, trace it" -> "trace it". English.
"""

from __future__ import annotations

import re

_CORRECTION = re.compile(
    r"(?:\b(?:no[, ]+wait|wait[, ]+no|hang on|hold on|oh wait|wait|oops|scratch that|strike that|skip that|correction"
    r"|on second thoughts?|on reflection|thinking about it|no[, ]+sorry|sorry[, ]+no|sorry|apologies|i mean|i meant"
    r"|that is|(?:hmm|um|uh|er|oh|ah)[, ]+no|no[, ]+rather|or rather|or better|better still|make that|no actually"
    r"|actually|no[, ]+i said|forget (?:it|that|this)|never ?mind(?: that)?|doesn't matter)\b|(?<=[,.;?!] )no(?=,))"
    r"[,.:;!? ]*",
    re.IGNORECASE,
)
_BREAK = re.compile(r"\s*(?:[,;:.!?]+(?:\s+|$)|\s[-–—]\s|\bbut\b)\s*", re.IGNORECASE)
_REFUSES = (
    r"(?:don'?t|do not|not|no need|never|no|stop|rather than|instead of|without|forget|never ?mind|leave (?:out|off)"
    r"|skip|isn't|aren't|i don't (?:want|need|care)|we don't|i(?:'m| am) not after|neither)"
)
_REFUSED = re.compile(
    rf"^\W*{_REFUSES}\b|^.{{0,30}}\b(?:don'?t|do not|no need|not)\b(?! be\b)|\bnot$", re.IGNORECASE
)  # a "not" late in a clause qualifies, it does not refuse
_REFUSED_THEN = re.compile(rf"^\W*{_REFUSES}\b.*?\b(?:just|only|simply|rather)\b(.{{3,}})$", re.IGNORECASE)
_NAMES = r"(?:the|an?|his|her|my|our|their|that|this|these|those|both|all)\b"  # how the name of an object begins
_OBJECT = re.compile(_NAMES, re.IGNORECASE)
_TAIL = re.compile(rf"\b(?:instead of|rather than|(?:and|but) not|not(?= {_NAMES}))\b.*$", re.IGNORECASE)
_LATER = re.compile(
    r"[,;.]?\s*(?:\band then|\bthen|(?:\band,? )?\bafter (?:that|which)|(?:\band )?\bafterwards|\band next\b(?! to)"
    r"|(?<=, )next|\band later|\band finally|\bfollowed by)\b",
    re.IGNORECASE,
)
_FILLER = re.compile(r"\b(?:uh+|um+|er|erm|hm+)\b[, ]*", re.IGNORECASE)
_AGAIN = re.compile(r"\b(\w+(?: \w+){0,2})(?:[, ]+\1\b)+", re.IGNORECASE)
_LEAST = 2  # words that must remain for a part to stand for the whole


def wanted(text: str) -> str:
    """The part of an English request that says what is wanted; the text itself where nothing is taken back."""
    return _fluent(_core(text.strip())) or text.strip()


def _core(text: str) -> str:
    corrections = list(_CORRECTION.finditer(text))
    if corrections:
        rest = text[corrections[-1].end() :].strip()
        if _OBJECT.match(rest):  # "box the dog, no, the cat": another object, the same wish
            return text
        if _words(rest) >= _LEAST:
            return rest
    clauses = [clause for clause in _BREAK.split(text) if clause.strip()]
    if len(clauses) < 2:
        return _single(text)
    kept = [clause for clause in clauses if not _REFUSED.search(clause)]
    if len(kept) < len(clauses) and sum(map(_words, kept)) >= _LEAST:
        return ", ".join(kept)
    return _before(_LATER, text)


def _single(text: str) -> str:
    """The same for one clause: "don't box it just trace it", "trace it instead of boxing it"."""
    if match := _REFUSED_THEN.match(text):
        return match.group(1).strip()
    shorter = _before(_TAIL, text)
    return shorter if shorter != text else _before(_LATER, text)


def _before(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return text[: match.start()].strip() if match and _words(text[: match.start()]) >= _LEAST else text


def _fluent(text: str) -> str:
    """Without fillers and doubled words, as speech recognition writes them."""
    return _AGAIN.sub(r"\1", _FILLER.sub("", text)).strip()


def _words(text: str) -> int:
    return len(text.split())
