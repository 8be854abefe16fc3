"""How phrases are read: nouns to classes, what the user must be told, colours, and what is not covered."""

from __future__ import annotations

import csv

import pytest

from core.detection.embedded.lexicon import FILE, NOT_COVERED, SPECIAL, Lexicon
from core.detection.embedded.nearest import NearestClass
from core.settings import ASSETS
from core.shared_models.everyday import CLASSES
from core.types.boxes import Basis


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon(ASSETS, NearestClass().find)


def rows() -> list[dict[str, str]]:
    with (ASSETS / FILE).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_lexicon_is_large_and_sound() -> None:
    table = rows()
    covered = [row for row in table if row["class"] != NOT_COVERED]
    assert len(covered) >= 600
    words = [row["word"] for row in table]
    assert len(set(words)) == len(words), "no word twice"
    assert all(word == " ".join(word.lower().split()) and word for word in words)
    named = {name for row in covered for name in row["class"].split("|")}
    assert named <= set(CLASSES) | set(SPECIAL)


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_is_reached_by_its_name_and_plural(lexicon: Lexicon, name: str) -> None:
    for phrase in (name, f"the {name}", name.upper(), name if name.endswith("s") else f"{name}s"):
        reading = lexicon.read(phrase).reading
        assert reading.covered and reading.name == name and reading.exact, phrase
        assert not reading.note or name == "mouse", phrase


SAME = [
    ("people", "person"), ("crowd of people", "person"), ("sofa", "couch"), ("settees", "couch"), ("bike", "bicycle"),
    ("rucksack", "backpack"), ("telly", "tv"), ("smartphones", "cell phone"), ("hairdryer", "hair drier"),
    ("doughnuts", "donut"), ("motorbikes", "motorcycle"), ("fridge", "refrigerator"), ("knives", "knife"),
    ("tooth brush", "toothbrush"), ("firehydrants", "fire hydrant"), ("wine-glass", "wine glass"),
    ("stoplight", "traffic light"),
    ("bunch of bananas", "banana"), ("two slices of pizza", "pizza"), ("a cup of coffee", "cup"),
    ("white cup of tea with milk", "cup"), ("flock of sheep", "sheep"), ("one of the dogs", "dog"),
    ("Hunde", "dog"), ("die schwarze Katze", "cat"), ("Bär", "bear"), ("voiture rouge", "car"), ("vélo", "bicycle"),
    ("velo", "bicycle"), ("perro marrón", "dog"), ("cadeira azul", "chair"), ("as crianças", "person"),
]  # fmt: skip


@pytest.mark.parametrize(("phrase", "name"), SAME)
def test_synonyms_plurals_and_other_languages(lexicon: Lexicon, phrase: str, name: str) -> None:
    understood = lexicon.read(phrase)
    assert understood.reading.covered and understood.reading.name == name
    assert understood.target is not None and understood.target.basis == Basis.CLASS


NOTED = [
    ("poodle", "dog", "taken as 'dog': the breed is not verified", True),
    ("two women", "person", "taken as 'person': 'women' is not verified", True),
    ("nurse", "person", "taken as 'person': 'nurse' is not verified", True),
    ("owl", "bird", "taken as 'bird': the species is not verified", True),
    ("van", "car", "taken as 'car'", True),
    ("puppies", "dog", "taken as 'dog': the age is not verified", True),
    ("goat", "sheep", "taken as 'sheep'; not verified as goat", False),
    ("old wooden dining table", "dining table", "'old wooden' was not checked", True),
    ("tall man", "person", "taken as 'person': 'man' is not verified; 'tall' was not checked", True),
    ("cutlery", "fork, knife, spoon", "taken as any of: fork, knife, spoon", True),
    ("license plate", "text", "taken as 'text'; not verified as license plate", False),
]


@pytest.mark.parametrize(("phrase", "name", "note", "exact"), NOTED)
def test_what_is_not_verified_is_said(lexicon: Lexicon, phrase: str, name: str, note: str, exact: bool) -> None:
    reading = lexicon.read(phrase).reading
    assert (reading.covered, reading.name, reading.note, reading.exact) == (True, name, note, exact)


@pytest.mark.parametrize("phrase", ["brown dog", "the two black and white dogs", "dark-brown dog", "light brown dog"])
def test_a_colour_on_a_known_noun_changes_nothing_here(lexicon: Lexicon, phrase: str) -> None:
    assert lexicon.read(phrase).target == lexicon.read("dog").target
    assert lexicon.read(phrase).reading.note == ""


UNKNOWN = [
    "unicorn", "desk", "wolf", "glasses", "zebra crossing", "train station", "dog house", "dog collar", "car wheel",
    "statue of a horse", "tennis court", "window", "tree", "", "the", "thing", "🐶", "airplane pilot's hat", "cat food",
]  # fmt: skip


@pytest.mark.parametrize("phrase", UNKNOWN)
def test_what_nothing_knows_is_not_covered(lexicon: Lexicon, phrase: str) -> None:
    understood = lexicon.read(phrase)
    assert not understood.reading.covered and understood.target is None and understood.reading.note


@pytest.mark.parametrize(
    ("phrase", "basis", "names"),
    [
        ("face", Basis.FACE, ()), ("the woman's face", Basis.FACE, ()), ("Gesichter", Basis.FACE, ()),
        ("text on the sign", Basis.TEXT, ()), ("lettering", Basis.TEXT, ()), ("what the sign says", Basis.TEXT, ()),
        ("the sign that says exit", Basis.TEXT, ()), ("the word 'exit'", Basis.TEXT, ()),
        ("QR codes", Basis.CODE, ("qr code",)), ("barcode", Basis.CODE, ("barcode",)), ("code", Basis.CODE, ("code",)),
        ("blue sky", Basis.PLACE, ()), ("Himmel", Basis.PLACE, ()),
    ],
)  # fmt: skip
def test_other_recognisers(lexicon: Lexicon, phrase: str, basis: Basis, names: tuple[str, ...]) -> None:
    target = lexicon.read(phrase).target
    assert target is not None and (target.basis, target.names) == (basis, names)


def test_an_animals_face_is_not_a_human_one(lexicon: Lexicon) -> None:
    reading = lexicon.read("the dog's face").reading
    assert not reading.covered and "human" in reading.note


@pytest.mark.parametrize(
    ("phrase", "colours", "note", "exact"),
    [
        ("red *", ("red",), "found by its colour alone", True),
        ("the blue one", ("blue",), "found by its colour alone", True),
        ("something yellow", ("yellow",), "found by its colour alone", True),
        ("orange thing", ("orange",), "found by its colour alone", True),
        ("red lantern", ("red",), "the noun 'lantern' was not checked, only the colour red", False),
        ("red and white lifebuoy", ("red", "white"),
         "the noun 'lifebuoy' was not checked, only the colour red and white", False),
    ],
)  # fmt: skip
def test_a_colour_where_no_noun_helps(
    lexicon: Lexicon, phrase: str, colours: tuple[str, ...], note: str, exact: bool
) -> None:
    understood = lexicon.read(phrase)
    assert understood.target is not None
    assert (understood.target.basis, understood.target.names) == (Basis.COLOUR, colours)
    assert (understood.reading.note, understood.reading.exact) == (note, exact)


def test_orange_is_a_fruit_and_a_colour(lexicon: Lexicon) -> None:
    assert lexicon.read("oranges").reading.name == "orange"
    assert lexicon.read("orange").target == lexicon.read("oranges").target
    assert lexicon.read("orange cat").reading.name == "cat"


@pytest.mark.parametrize("phrase", ["*", "everything", "all objects", "Every thing"])
def test_everything_is_every_class(lexicon: Lexicon, phrase: str) -> None:
    target = lexicon.read(phrase).target
    assert target is not None and target.names == CLASSES


def test_the_nearest_class_is_used_and_flagged_only_for_words_outside_the_lexicon() -> None:
    asked: list[str] = []

    def nearest(noun: str) -> str | None:
        asked.append(noun)
        return "boat" if noun == "pinnace" else None

    lexicon = Lexicon(ASSETS, nearest)
    assert not lexicon.read("old brown pinnace with sails").reading.exact
    assert asked == ["old pinnace"], "colours and what follows the noun do not enter"
    reading = lexicon.read("brown pinnace").reading
    assert (reading.covered, reading.name, reading.exact) == (True, "boat", False)
    assert reading.note == "taken as 'boat'; not verified as pinnace"
    asked.clear()
    lexicon.read("desk"), lexicon.read("dog")
    assert asked == [], "the lexicon's own answer, covered or not, is final"


def test_the_embedding_finds_what_is_near_and_nothing_else() -> None:
    nearest = NearestClass().find
    assert nearest("schooner") == "boat" and nearest("thoroughbred") == "horse"
    assert nearest("philosophy") is None and nearest("sheep collar") is None, "not the compound's first word"
    assert nearest("parking meter factory") is None
    assert nearest("") is None
