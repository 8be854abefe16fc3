"""What a question about a picture asks for, as far as measurement can answer it."""

from __future__ import annotations

import re
from enum import StrEnum


class Asked(StrEnum):
    """Kinds of question that are answered from measurement."""

    COUNT = "count"
    COLOUR = "colour"
    SIZE = "size"
    COMPARE = "compare"
    READ = "read"
    SHARP = "sharp"
    PICTURE = "picture"
    PLACE = "place"
    PRESENT = "present"
    LIST = "list"
    BEYOND = "beyond"


# First match decides; English, with the commonest words of German, French, Spanish and Portuguese.
PATTERNS: dict[Asked, tuple[str, ...]] = {
    Asked.PICTURE: (
        r"\b(resolution|megapixels?|dimensions?|aspect ratio|how many pixels|file format)\b",
        r"\b(size|width|height|wide|high) (of|is) (the|this) (picture|image|photo)",
    ),
    Asked.SHARP: (
        r"\b(sharp|blurr?y|blurred|in focus|out of focus|focused|fuzzy|crisp|scharf|unscharf|flou|nítida|borrosa)\b",
        r"\b(overexposed|underexposed|too dark|too bright|brightness|contrast|exposure)\b",
    ),
    Asked.COUNT: (
        r"\b(how many|number of|count|how much|tally|headcount)\b",
        r"\b(wie ?viele?|combien|cu[aá]nt[oa]s?|quant[oa]s?)\b",
    ),
    Asked.COLOUR: (r"\b(colou?r(s|ed)?|shade of|farben?|couleurs?|color(es)?|cor(es)?)\b",),
    Asked.COMPARE: (
        r"\bwhich\b.*\b(larg|bigg|small|tall|short)",
        r"\b(larger|bigger|smaller) than\b|\bthe (largest|biggest|smallest)\b",
    ),
    Asked.SIZE: (
        r"\bhow (large|big|small|tall|wide|high|long)\b|\bhow much of\b",
        r"\b(size|area|percent\w*|share of|covers?|takes? up|taken up)\b",
    ),
    Asked.READ: (
        r"\b(read|says?|written|text|letters?|lettering|words? on|spell\w*|title|caption on|qr|barcode)\b",
        r"\b(steht|dice|écrit|escrito)\b",
    ),
    Asked.PLACE: (r"\b(where|which side|position|located?|location|wo (ist|sind)|dónde|onde)\b",),
    Asked.PRESENT: (
        r"\b(is|are) there\b|\b(do|can) you see\b|\bany\b|\bcontains?\b",
        r"\bdoes (it|this|the (picture|image|photo)) (show|contain|have)\b",
        r"\b(gibt es|y a-t-il|hay|há)\b",
    ),
    Asked.LIST: (
        r"\bwhat\b.*\b(in|on|here|there|see|shown|visible|going on|happening)\b",
        r"\bwhat('s| is) (this|it|that)\b|\btell me (about|what)|\bwhat am i looking at\b",
        r"\b(descri\w*|caption|summar\w*|list|everything|inventory|beschreib\w*|was (ist|siehst)|décri\w*)\b",
    ),
}
COMPILED = {kind: re.compile("|".join(parts), re.IGNORECASE) for kind, parts in PATTERNS.items()}


def kind_of(question: str) -> Asked:
    """The kind of a question; `BEYOND` where measurement does not answer it."""
    return next((kind for kind, pattern in COMPILED.items() if pattern.search(question)), Asked.BEYOND)
