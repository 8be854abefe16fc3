"""German, French, Spanish and Portuguese, best effort; English is never taken for one of them."""

from __future__ import annotations

import pytest

from core.keywords.foreign import language_of
from core.keywords.lexicon import load_lexicon
from core.keywords.normal import clean
from core.ports import KeywordExtractor
from core.settings import ASSETS
from core.types.language import Filter, FilterKind


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("segmentiere den Hund und den Ball", ["Hund", "Ball"]),
        ("Markiere bitte den roten Ball neben dem Sofa", ["roten Ball"]),
        ("kannst du den hund ausschneiden", ["hund"]),
        ("Der Stuhl soll weg", ["Stuhl"]),
        ("montre-moi le chat et la chaise", ["chat", "chaise"]),
        ("supprime la voiture rouge", ["voiture rouge"]),
        ("Je voudrais un masque du vélo", ["vélo"]),
        ("¿dónde está el perro?", ["perro"]),
        ("donde esta el perro", ["perro"]),
        ("recorta la bicicleta azul", ["bicicleta azul"]),
        ("encontre o gato e a mesa", ["gato", "mesa"]),
        ("quantas pessoas há na foto?", ["pessoas"]),
    ],
)
def test_targets(extractor: KeywordExtractor, text: str, want: list[str]) -> None:
    found = extractor.extract(text)
    assert [phrase.text for phrase in found.phrases] == want
    assert found.method == "rules"


def test_filters_colours_context_and_exclusions(extractor: KeywordExtractor) -> None:
    (phrase,) = extractor.extract("Peux-tu enlever la voiture rouge à gauche ?").phrases
    assert (phrase.head, phrase.colours, phrase.filters) == ("voiture", ("red",), (Filter(FilterKind.SIDE, "left"),))
    assert extractor.extract("Entferne die Leute im Hintergrund").context == ("Hintergrund",)
    found = extractor.extract("alles außer dem Hund entfernen")
    assert (found.phrases, found.everything, found.excluded) == ((), True, ("Hund",))
    assert extractor.extract("Ersetze die Tasse durch eine Vase").replacement == "Vase"


def test_english_stays_english() -> None:
    english = load_lexicon(ASSETS, "english")
    for text in ("an old man feeding ducks", "dog", "die", "the son of a man", "no", "do a mask", "cut la croix can"):
        assert language_of(clean(text), ASSETS, english) == "", text
