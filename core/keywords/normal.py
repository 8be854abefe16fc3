"""A request as typed or dictated, to plain tokens: lower case, compounds whole, fillers and stutter gone.

Tokens are words (a protected compound is one token with blanks), "," "." "?" and `CORRECTION`.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable

from core.keywords.lexicon import Lexicon

CORRECTION = "<correction>"
LONGEST_STUTTER = 3  # words that speech repeats in one go: "on the on the"

_JOINED = "_"
_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_STRUCTURE = (
    (re.compile(r"https?://\S+"), " "),
    (re.compile(r"\s*[\r\n]+\s*"), " . "),
    (re.compile(r"[\[\](){}<>|]"), " , "),
    (re.compile(r'"\s*,\s*"'), " , "),
    (re.compile(r"[\"*~^=#@$%°§]"), " "),
    (re.compile(r"\.{2,}|…|\s[-–—]+\s|[–—•·]|--+"), " , "),
    (re.compile(r"[&+]"), " and "),
    (re.compile(r"(?<=[^\W\d])/(?=[^\W\d]{3})"), " , "),
    (re.compile(r"[;:](?=\s|$)"), " . "),
    (re.compile(r"[!¡]+|\.(?=\s|$)"), " . "),
    (re.compile(r"[?¿]+"), " ? "),
)
_CLITICS = ((re.compile(r"(\w)(n't)\b"), r"\1 \2"), (re.compile(r"(\w)('(?:s|m|re|ve|ll|d))\b"), r"\1 \2"))
_PLURAL_OWNER = re.compile(r"(\w[sx])'(?=\s)")
_TOKEN = re.compile(r"<correction>|n't|'(?:s|m|re|ve|ll|d)\b|[^\W_](?:[\w./]*\w)?(?:[-'][^\W_]\w*)*|[.,?]")
_SPOKEN = ("no", "sorry", "oops", "nope")
_RESTARTS = ("just", "only", "not")
_AFTER_NO = (
    "definite",
    "indefinite",
    "prepositions",
    "pronouns",
    "back",
    "negations",
    "bareverbs",
    "adverbs",
    "soft_corrections",
)
_SPOKEN_LIKE = re.compile(r"\b(you|just|and|to|then|,)\s+like\s*,?\s+(?=[a-z]+\s+(?:the|out|all|a|an|me|my|every)\b)")
_DICTATED = (
    (re.compile(r"\b(?:comma|new line)\b"), " , "),
    (re.compile(r"\bfull stop\b|\bperiod\b(?=\s+(?:then|and|next|now|also|please)\b|\s*$)"), " . "),
    (re.compile(r"\bquestion mark\b"), " ? "),
)
_COMMA_LIKE = re.compile(r",\s*like\s*,")


def clean(text: str) -> str:
    """Unicode in one form, symbols and emoji gone, every kind of bracket, dash and line end as one of `,` `.` `?`."""
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    text = "".join(
        " " if unicodedata.category(c) in ("So", "Sk", "Cs", "Co", "Cf", "Cn", "Cc") and c not in "\r\n" else c
        for c in text
    )
    for pattern, instead in _STRUCTURE:
        text = pattern.sub(instead, text)
    return text


def plain_tokens(text: str) -> list[str]:
    """Tokens of cleaned text, case kept, nothing joined or dropped."""
    return _TOKEN.findall(text)


def tokens(cleaned: str, lexicon: Lexicon, compounds: re.Pattern[str]) -> list[str]:
    """English tokens of a text that went through `clean`."""
    text = f" {cleaned.lower()} "
    text = _PLURAL_OWNER.sub(r"\1 's", text)
    for pattern, instead in _DICTATED:
        text = pattern.sub(instead, text)
    text = _COMMA_LIKE.sub(",", _SPOKEN_LIKE.sub(r"\1 ", text))
    text = _phrases(lexicon, "corrections").sub(f" , {CORRECTION} ", text)
    text = _phrases(lexicon, "interjections").sub(" . ", text)
    text = _phrases(lexicon, "fillers").sub(" ", text)
    text = compounds.sub(lambda m: m[0].replace(" ", _JOINED), text)
    text = _compiled(lexicon.joined).sub(lambda m: m[0].replace(" ", _JOINED), text)
    text = _phrases(lexicon, "replacements").sub(lambda m: lexicon.values["replacements"][_key(m[0])], text)
    for pattern, instead in _CLITICS:
        text = pattern.sub(instead, text)
    found = [token.replace(_JOINED, " ") for token in re.findall(_TOKEN, text)]
    return without_stutter(_soft(found, lexicon))


@functools.lru_cache(maxsize=64)
def _compiled(entries: frozenset[str]) -> re.Pattern[str]:
    longest = sorted(entries, key=len, reverse=True)
    spellings = "|".join(re.escape(entry).replace(r"\ ", r"\s+") for entry in longest)
    return re.compile(rf"(?<![\w'-])(?:{spellings})(?![\w'/-])")


def _phrases(lexicon: Lexicon, section: str) -> re.Pattern[str]:
    return _compiled(lexicon.words[section])


def _key(said: str) -> str:
    return " ".join(said.split())


def _soft(found: list[str], lexicon: Lexicon) -> list[str]:
    """Words that only greet, hesitate or correct where they stand apart ("right, ..." but not "the right one")."""
    out: list[str] = []
    for index, token in enumerate(found):
        before = out[-1] if out else "."
        after = found[index + 1] if index + 1 < len(found) else "."
        apart = before in ".,?" or before == CORRECTION
        corrects = lexicon.has("soft_corrections", token)
        names = after.isalpha() and not any(lexicon.has(section, after) for section in _AFTER_NO)
        if corrects and before in (",", CORRECTION) and any(t.isalpha() for t in out) and not (token == "no" and names):
            out.append(CORRECTION)
        elif (
            corrects
            and token in _SPOKEN
            and before.isalpha()
            and (lexicon.has("definite", after) or after in _RESTARTS)
        ):
            out += [",", CORRECTION]
        elif apart and after in ".,?" and lexicon.has("soft_interjections", token):
            out.append(".")
        else:
            out.append(token)
    return out


def without_stutter(found: Iterable[str]) -> list[str]:
    """Repeated runs of up to three words, said twice, count once."""
    out: list[str] = []
    for token in found:
        out.append(token)
        for size in range(1, LONGEST_STUTTER + 1):
            tail = out[-size:]
            if len(out) >= 2 * size and tail == out[-2 * size : -size] and all(t[0].isalnum() for t in tail):
                del out[-size:]
                break
    return out
