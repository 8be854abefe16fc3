"""From a text to `Keywords`: the steps in their order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.keywords import foreign, normal, outcome
from core.keywords.attach import attach
from core.keywords.chunks import find_chunks
from core.keywords.corrections import corrected
from core.keywords.lexicon import Lexicon, load_compounds, load_lexicon
from core.keywords.linear import attach_by_neighbours, settle
from core.keywords.parser import Parser
from core.keywords.resolve import resolve
from core.keywords.rewrite import simplify, split_splices
from core.keywords.roles import assign
from core.keywords.structure import Structure
from core.keywords.syntax import parse_words
from core.keywords.tagging import tag
from core.keywords.words import Word
from core.types.language import Keywords


def read(text: str, assets: Path, parser: Parser | None) -> Keywords:
    """Object phrases of a text. parser None: lexicon rules alone, as for every language but English."""
    english = load_lexicon(assets, "english")
    cleaned = normal.clean(text)
    if language := foreign.language_of(cleaned, assets, english):
        return _read_foreign(cleaned, language, load_lexicon(assets, language))
    tokens = normal.tokens(cleaned, english, load_compounds(assets))
    words = split_splices(simplify(tag(tokens, english), english))
    if parser is not None:
        parse_words(words, parser, english)
    else:
        settle(words, english)
    return _understand(words, english, parser is not None)


def _understand(words: list[Word], lexicon: Lexicon, parsed: bool) -> Keywords:
    structure = Structure(words, find_chunks(words, lexicon), lexicon)
    if parsed:
        attach(structure)
    else:
        attach_by_neighbours(structure)
    resolve(structure)
    gone = corrected(structure)
    return outcome.keywords(structure, assign(structure, gone), "parse" if parsed else "rules")


def _read_foreign(cleaned: str, language: str, lexicon: Lexicon) -> Keywords:
    said = foreign.tokens(cleaned, language)
    words = tag([token.lower() for token in said], lexicon)
    foreign.settle(words, said, lexicon)
    found = _understand(simplify(words, lexicon), lexicon, False)
    phrases = tuple(
        replace(p, text=foreign.recase(p.text, said), head=foreign.recase(p.head, said)) for p in found.phrases
    )
    return replace(
        found,
        phrases=phrases,
        context=tuple(foreign.recase(text, said) for text in found.context),
        excluded=tuple(foreign.recase(text, said) for text in found.excluded),
        replacement=foreign.recase(found.replacement, said),
    )
