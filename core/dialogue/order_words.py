"""A request as typed or dictated, to plain words: politeness, emoji, typing slips and small talk are gone.

The word tables that pick objects (numbers, ordinals, sides, sizes) are here too, English with basic German and Spanish.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LONGEST_TEXT = 240  # characters of a request that refers; what is longer is a request of its own
MOST_WORDS = 18


def word_set(text: str) -> frozenset[str]:
    """The words of a list written with blanks."""
    return frozenset(text.split())


NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "last": -1, "final": -1, "penultimate": -2,
}  # fmt: skip
SIDES = {
    "left": "left", "right": "right", "top": "top", "bottom": "bottom", "upper": "top", "lower": "bottom",
    "middle": "center", "center": "center", "centre": "center", "central": "center", "left-hand": "left",
    "right-hand": "right", "lefthand": "left", "righthand": "right", "leftmost": "left", "rightmost": "right",
    "left-most": "left", "right-most": "right", "topmost": "top", "uppermost": "top", "highest": "top",
    "bottommost": "bottom", "lowest": "bottom", "lowermost": "bottom", "centermost": "center",
}  # fmt: skip
SIZES = {  # largest and smallest: of the area; tallest, shortest: height; widest, narrowest: width; longest: either
    "largest": "largest", "biggest": "largest", "larger": "largest", "bigger": "largest", "large": "largest",
    "big": "largest", "huge": "largest", "smallest": "smallest", "smaller": "smallest", "small": "smallest",
    "tiny": "smallest", "tiniest": "smallest", "little": "smallest", "littlest": "smallest",
    "tallest": "tallest", "taller": "tallest", "tall": "tallest", "shortest": "shortest", "shorter": "shortest",
    "short": "shortest", "widest": "widest", "wider": "widest", "wide": "widest", "broadest": "widest",
    "thinnest": "narrowest", "thinner": "narrowest", "thin": "narrowest", "narrowest": "narrowest",
    "narrower": "narrowest", "narrow": "narrowest", "slimmest": "narrowest", "longest": "longest",
    "longer": "longest", "long": "longest",
}  # fmt: skip

# Word by word, accents gone; used only where a text holds one of the telling words.
_FOREIGN = {
    "nur": "only", "bloss": "only", "lediglich": "only", "das": "the", "die": "the", "der": "the", "den": "the",
    "dem": "the", "ein": "a", "eine": "a", "und": "and", "auch": "also", "nicht": "not", "ohne": "without",
    "nummer": "number", "linke": "left", "linken": "left", "linker": "left", "linkes": "left", "links": "left",
    "rechte": "right", "rechten": "right", "rechter": "right", "rechtes": "right", "rechts": "right",
    "obere": "top", "oberen": "top", "oben": "top", "untere": "bottom", "unteren": "bottom", "unten": "bottom",
    "mittlere": "middle", "mittleren": "middle", "mitte": "middle", "erste": "first", "ersten": "first",
    "zweite": "second", "zweiten": "second", "dritte": "third", "dritten": "third", "vierte": "fourth",
    "letzte": "last", "letzten": "last", "grosste": "largest", "grossten": "largest", "kleinste": "smallest",
    "kleinsten": "smallest", "beide": "both", "beiden": "both", "alle": "all", "andere": "other", "anderen": "others",
    "von": "from", "es": "it", "ihn": "it", "entferne": "remove", "entfern": "remove", "losche": "remove",
    "behalte": "keep", "zwei": "two", "drei": "three", "was": "what", "ist": "is", "mit": "about",
    "solo": "only", "solamente": "only", "unicamente": "only", "el": "the", "la": "the", "los": "the", "las": "the",
    "y": "and", "tambien": "too", "sin": "without", "numero": "number", "izquierda": "left", "izquierdo": "left",
    "derecha": "right", "derecho": "right", "arriba": "top", "abajo": "bottom", "medio": "middle", "centro": "middle",
    "primero": "first", "primera": "first", "segundo": "second", "segunda": "second", "tercero": "third",
    "tercera": "third", "ultimo": "last", "ultima": "last", "ambos": "both", "ambas": "both", "todos": "all",
    "todas": "all", "otro": "other", "otra": "other", "otros": "others", "grande": "big", "pequeno": "small",
    "quitalo": "remove it", "quitala": "remove it", "eliminalo": "remove it", "borralo": "remove it",
    "quita": "remove", "elimina": "remove", "borra": "remove", "mas": "more", "de": "",
}  # fmt: skip
_TELLING = word_set(
    "nur bloss lediglich auch nicht ohne nummer linke linken linker linkes rechte rechten rechter rechtes obere"
    " untere mittlere zweite zweiten dritte dritten vierte erste letzte ersten letzten grosste kleinste beide"
    " entferne losche behalte solamente unicamente tambien numero izquierda izquierdo derecha derecho segundo"
    " segunda tercero tercera primero primera ultimo ultima ambos ambas quitalo quitala eliminalo borralo quita"
    " elimina borra otro otra"
)
_SOLO = re.compile(r"s[oó]lo (?:el|la|los|las|lo) ")  # "solo" alone is English too
_PLACED = re.compile(r"\b(el|la|los|las) de (?:la |el )?(izquierda|derecha|arriba|abajo|centro|medio)\b|\bdel\b")

_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "´": "'", "“": " ", "”": " ", "„": " ", '"': " ", "«": " ", "»": " "}
)
_SYMBOLS = ("So", "Sk", "Cs", "Co", "Cf", "Cn", "Cc")
_REWRITTEN = (
    (re.compile(r"\b(?:no|nr|num|nos)\.? ?(?=\d)|n[º°o]\.? ?(?=\d)|# ?(?=\d)"), "number "),
    (re.compile(r"\b0,(?=\d)"), "0."),
    (re.compile(r"(?<![\d.])\.(?=\d)"), "0."),
    (re.compile(r"(\d+)\.(?!\d)"), r"\1 "),
    (re.compile(r"\b(\d+)(?:st|nd|rd|th)\b"), r"\1th"),
    (re.compile(r"(\d) ?- ?(?=\d)"), r"\1 to "),
    (re.compile(r"(\d) ?%"), r"\1 percent "),
    (re.compile(r"(\d) ?(?:px|pixels?|pix)\b"), r"\1 px"),
    (re.compile(r"\s[-–—]+\s|[–—;:()\[\]{}/|•·…]|(?<!\d)\.+|\.+(?!\d)|!+"), " , "),
    (re.compile(r"[?¿¡*_~^=@$§<>\\]"), " "),
    (re.compile(r"&|(?<!\w)\+(?=\s)"), " and "),
    (re.compile(r","), " , "),
    (re.compile(r"\b(what|where|who|how|that|it|there|which|this|he|she)'?s\b(?<!its)(?<!this)"), r"\1 is"),
    (re.compile(r"\b(they|you)'?re\b|\b(we)'re\b"), r"\1\2 are"),
    (re.compile(r"\bi'?m\b"), "i am"),
    (re.compile(r"\b(i|you|we|they)'ve\b"), r"\1 have"),
    (re.compile(r"\b(do|does|did|is|are|was|were|ca|wo|could|should|would|must|need|have|has)n'?t\b"), r"\1 not"),
    (re.compile(r"\b(?:i'd|id|i would) like\b"), "i want"),
    (re.compile(r"\bi'd\b"), "i would"),
    (re.compile(r"\b(?:'em|em)\b"), "them"),
    (re.compile(r"\bu\b"), "you"),
    (re.compile(r"\b(?:wanna)\b"), "want to"),
    (re.compile(r"\bcolou?r"), "colour"),
    (re.compile(r"(\d) ?\+ ?(?=\d)"), r"\1 and "),
    (re.compile(r"\b(?:second|next)[ -]to[ -]last\b|\bone before (?:the )?last\b"), "penultimate"),
    (re.compile(r"\bjust only\b|\bonly just\b"), "only"),
    (re.compile(r"\bcut-?outs?\b"), "cutout"),
)  # fmt: skip
_LEAD = re.compile(
    r"(?:please|pls+|plz|kindly|ok(?:ay|ey)?|k|kk|alright|all right|hey|hi|oh|ah+|uh+|ugh+|um+|hm+|er+m?|well|so"
    r"|and then"
    r"|great|perfect|nice|cool|good|super|thanks?(?: you)?|thx|ty|yes|yeah|yep|yup|sure|sorry|actually|wait|hold on"
    r"|oops|right(?= ,)|look|listen|then|(?:can|could|would|will) (?:you|we|ya)(?: maybe)?|i (?:want|need) you to"
    r"|i (?:want|need) to|let us|lets|let's|go ahead and|you (?:can|could|may|should)|maybe|perhaps"
    r"|on second thoughts?|simply|try to"
    r"|(?:can|could|may) i (?:have|get|see)|do me a favou?r and|would you mind|bitte|por favor|(?:first|next)(?= ,)"
    r"|and(?= ,)|now(?= ,)|for now|instead)(?: ,)*(?: |$)"
)
_NO = re.compile(
    r"(?:(?:no|nope|nah|not quite|wrong) )+(?:, )+|(?:(?:no|nope|nah) )+(?=(?:the|that|this|not|i|only|just|wait|it"
    r"|sorry)\b)"
)
_TAIL = re.compile(
    r"(?: ,)* (?:please|pls+|plz|thanks?(?: you)?|thx|ty|bitte|por favor|for me|for us"
    r"|if (?:you can|(?:(?:it|that) is )?possible)|then|instead|ok(?:ay)?|will you"
    r"|would you|can you|could you|though|anyway|mate|bro|dude|lol|now|actually|this time"
    r"|cheers|i (?:think|guess|believe)|machen|for now|to me|sorry|first(?<=, first))$"
)
_COMMAS = re.compile(r"^(?: ?,)+ ?| ?(?:, ?)+$")
_NOW = re.compile(r"(?:and )?now(?: ,)? ")
_LOOPS = 8  # of politeness before and after


@dataclass(frozen=True)
class Said:
    """One request in plain words.

    text: lower case, words between single blanks, commas as words of their own. corrects: it began with "no, ...".
    asks: it ends with a question mark. whole: the same words with a "now" before them.
    """

    text: str
    corrects: bool = False
    asks: bool = False
    whole: str = ""

    @property
    def words(self) -> list[str]:
        return self.text.split()


def hear(text: str) -> Said:
    """Plain words of a request of at most `LONGEST_TEXT` characters."""
    asks = text.rstrip(" \n\t)!.").endswith("?")
    plain = unicodedata.normalize("NFKC", text).translate(_QUOTES).lower()
    plain = "".join(_kept(c) for c in plain)
    for pattern, instead in _REWRITTEN:
        plain = pattern.sub(instead, plain)
    whole, corrects = _stripped(_trimmed(_translated(" ".join(plain.split()))))
    now = _NOW.match(whole)
    plain, more = _stripped(whole[now.end() :]) if now and now.end() < len(whole) else (whole, False)
    return Said(plain, corrects or more, asks, whole)


def _stripped(plain: str) -> tuple[str, bool]:
    """Without politeness before and after; whether a "no, ..." was among it."""
    corrects = False
    for _ in range(_LOOPS):
        if no := _NO.match(plain):
            corrects, shorter = True, plain[no.end() :]
        else:
            shorter = _TAIL.sub("", plain)
            lead = _LEAD.match(shorter)
            shorter = (shorter[lead.end() :] if lead else shorter) or shorter
        shorter = _trimmed(shorter)
        if shorter == plain or not shorter:
            break
        plain = shorter
    return plain, corrects


def _kept(char: str) -> str:
    if char in "\n\r\t":
        return " "
    if unicodedata.category(char) in _SYMBOLS or "\ufe00" <= char <= "\ufe0f":
        return " " if char not in "^=~`+" else char
    return char


def _trimmed(text: str) -> str:
    return _COMMAS.sub("", text).strip()


def unaccented(word: str) -> str:
    """Without accents; "ß" as "ss"."""
    return "".join(c for c in unicodedata.normalize("NFKD", word.replace("ß", "ss")) if not unicodedata.combining(c))


def _translated(text: str) -> str:
    """Basic German and Spanish, word by word; anything else as it is."""
    if not _SOLO.match(text) and not any(unaccented(word) in _TELLING for word in text.split()):
        return text
    plain = _PLACED.sub(lambda m: f"the {m[2]} one" if m[2] else "", unaccented(text))
    plain = re.sub(r"^no (?=(?:el|la|los|las|the)\b)", "not ", plain)
    return " ".join(" ".join(_FOREIGN.get(word, word) for word in plain.split()).split())


def number(word: str) -> int | None:
    """The count that a word or digits name, up to three digits."""
    if word.isascii() and word.isdigit() and len(word) <= 3:
        return int(word)
    return NUMBERS.get(word)


def ordinal(word: str) -> int | None:
    """The place that a word names; negative from the end."""
    if word in ORDINALS:
        return ORDINALS[word]
    return (
        int(word[:-2])
        if word.endswith("th") and word[:-2].isascii() and word[:-2].isdigit() and len(word) <= 5
        else None
    )
