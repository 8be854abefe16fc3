"""A file's truth as marks on the user's pictures: which picture and phrase each object is of; and marks as a file."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core import geometry
from core.dialogue.naming import singular
from core.formats.read_names import file_key, stem_key
from core.formats.read_report import counted, examples, short, within
from core.types.boxes import Box
from core.types.picture import PictureRef
from core.types.truth import Mark, Marks, TrueObject, Truth

Json = dict[str, Any]
V = TypeVar("V")


@dataclass(frozen=True)
class Fit:
    """marks: by the picture's key. used: objects among them that are no crowd. lines: what was used, then what not."""

    marks: Mapping[str, Marks]
    used: int
    lines: tuple[str, ...]


def suggest(categories: Mapping[int, str], phrases: Sequence[str]) -> dict[int, str]:
    """The phrase of each category, "" where none has its name: case, number, "_" and "-" do not count."""
    tables = []
    for forms in _FORMS:
        table: dict[str, str] = {}
        for phrase in phrases:
            for form in forms(phrase):
                table.setdefault(form, phrase)
        tables.append((forms, table))
    return {
        key: next((table[form] for forms, table in tables for form in forms(name) if form and form in table), "")
        for key, name in categories.items()
    }


def _words(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold().replace("_", " ").replace("-", " ")
    return " ".join(plain.split())


def _numbers(name: str) -> tuple[str, ...]:
    """The name and what may be its singulars."""
    words = _words(name)
    forms = [words, singular(words)]
    if words.endswith("s") and not words.endswith(("ss", "us", "is")):
        forms.append(words[:-1])
    return (*forms, words[:-2]) if words.endswith(("oes", "ses", "xes", "ches", "shes")) else tuple(forms)


_FORMS: tuple[Callable[[str], tuple[str, ...]], ...] = (  # the nearest first
    lambda name: (name.strip(),),
    lambda name: (_words(name),),
    lambda name: (_words(name).replace(" ", ""),),
    _numbers,
)


def fit(truth: Truth, pictures: Sequence[PictureRef], names: Mapping[int, str]) -> Fit:
    """Marks on those of the pictures that the file speaks of, by file name, or by stem where that is told apart.

    names: the phrase of each category; "", or none, for those that are not asked for. A picture of the file without an
    object of any phrase is known to hold none. Boxes count from the upright picture's corner where the file's size is
    the upright one or is not told, and from the stored one's where it is that.
    """
    fitting = _Fitting(truth, tuple({ref.key: ref for ref in pictures}.values()), names)
    pairs = fitting.matched()
    marks = {ref.key: made for id_, ref in pairs.items() if (made := fitting.marked(id_, ref)) is not None}
    objects = [mark for known in marks.values() for mark in known.objects]
    used = sum(not mark.crowd for mark in objects)
    phrases = len({mark.phrase for mark in objects})
    groups = (
        f", and {counted(len(objects) - used, 'group')} (crowds, which count neither way)"
        if used < len(objects)
        else ""
    )
    first = (
        f"Used: {counted(len(marks), 'picture')}, {counted(used, 'object')} of {counted(phrases, 'phrase')}{groups}."
    )
    return Fit(marks, used, (first, *fitting.lines(), *truth.left_out))


@dataclass
class _Fitting:
    truth: Truth
    pictures: Sequence[PictureRef]
    names: Mapping[int, str]
    turned: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    clipped: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)
    unnamed: Counter[int] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.objects: dict[int, list[TrueObject]] = {}
        for one in self.truth.objects:
            self.objects.setdefault(one.picture, []).append(one)

    def matched(self) -> dict[int, PictureRef]:
        """Our picture of each of the file's, in the file's order; what has none is told."""
        found: dict[int, PictureRef] = {}
        unsure: set[int] = set()
        for key in (file_key, stem_key):
            ours = _grouped((key(ref.name), ref) for ref in self.pictures)
            theirs = _grouped((key(name), id_) for id_, name in self.truth.pictures.items())
            taken = {ref.key for ref in found.values()}
            for name, ids in theirs.items():
                free = [ref for ref in ours.get(name, []) if ref.key not in taken]
                left = [id_ for id_ in ids if id_ not in found]
                if len(ids) == len(ours.get(name, [])) == len(left) == len(free) == 1:
                    found[left[0]] = free[0]
                elif free:
                    unsure |= set(left)
        unsure -= found.keys()
        missing = [id_ for id_ in self.truth.pictures if id_ not in found]
        self._tell([id_ for id_ in missing if id_ not in unsure], "{} of the file {is} not among the pictures here")
        self._tell([id_ for id_ in missing if id_ in unsure], "{} of the file {has} a name that several pictures have")
        taken = {ref.key for ref in found.values()}
        silent = [ref.name for ref in self.pictures if ref.key not in taken]
        if silent:
            self.told.append(
                f"Nothing is known of {counted(len(silent), 'picture')} here ({examples(silent, len(silent))})."
            )
        return {id_: found[id_] for id_ in self.truth.pictures if id_ in found}

    def marked(self, id_: int, ref: PictureRef) -> Marks | None:
        """None where the file speaks of a picture of another size."""
        upright, told, stored = (ref.width, ref.height), self.truth.sizes.get(id_), None
        if told is not None and told != upright:
            if ref.orientation == 1 or told != ref.stored_size:
                held = counted(len(self.objects.get(id_, [])), "object")
                self.others.append(
                    f"{short(ref.name)} {upright[0]} × {upright[1]}, there {told[0]} × {told[1]}, {held}"
                )
                return None
            stored = ref.stored_size
            self.turned.append(ref.name)
        elif ref.orientation != 1 and told in (None, ref.stored_size):
            self.unsure.append(ref.name)
        marks = []
        for one in self.objects.get(id_, []):
            phrase = self.names.get(one.category, "")
            if not phrase:
                self.unnamed[one.category] += 1
                continue
            box = _turned(one.box, ref.orientation, stored) if stored else one.box
            inner, cut = within(box, upright)
            if inner is not None:
                marks.append(Mark(phrase, inner, one.crowd))
                self.clipped[ref.name] += cut
            else:
                self.outside[ref.name] += 1
        if id_ in self.truth.partial:
            self.partial.append(ref.name)
        return Marks(tuple(marks), complete=id_ not in self.truth.partial)

    def lines(self) -> Iterable[str]:
        """What was not used as it is."""
        yield from self.told
        if self.others:
            sizes = "; ".join([*self.others[:2], *(["…"] if len(self.others) > 2 else [])])
            yield f"{_verb(len(self.others), 'has', 'have')} another size than the file says: left out ({sizes})."
        if self.unnamed:
            shown = [f"{short(self.truth.categories.get(key, key))}: {n}" for key, n in self.unnamed.most_common(3)]
            told, kinds = counted(self.unnamed.total(), "object"), counted(len(self.unnamed), "category")
            yield f"No phrase stands for {told} of {kinds} ({examples(shown, len(self.unnamed))})."
        for names, what in (
            (self.turned, "annotated as the file stores it, not upright: the boxes were turned"),
            (
                self.unsure,
                "turned by a note in the file, and its size does not tell whether boxes were: taken as upright",
            ),
            (self.partial, "not annotated completely: only boxes that lie on a mark count"),
        ):
            if names:
                yield f"{_verb(len(names), 'is', 'are')} {what} ({examples(names, len(names))})."
        for counts, what in (
            (self.clipped, "beyond the picture's edge: only the part inside is used"),
            (self.outside, "outside the picture: left out"),
        ):
            if counts.total():
                hit = [name for name, n in counts.items() if n]
                yield f"{counted(counts.total(), 'object')} {what} (in {examples(hit, len(hit))})."

    def _tell(self, ids: Sequence[int], what: str) -> None:
        if not ids:
            return
        verbs = {"is": "is", "has": "has"} if len(ids) == 1 else {"is": "are", "has": "have"}
        held = counted(sum(len(self.objects.get(id_, [])) for id_ in ids), "object")
        shown = examples((self.truth.pictures[id_] for id_ in ids), len(ids))
        self.told.append(f"{what.format(counted(len(ids), 'picture'), **verbs)}: {held} left out ({shown}).")


def _verb(count: int, one: str, several: str) -> str:
    return f"{counted(count, 'picture')} {one if count == 1 else several}"


def _grouped(pairs: Iterable[tuple[str, V]]) -> dict[str, list[V]]:
    groups: dict[str, list[V]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _turned(box: Box, orientation: int, stored: tuple[int, int]) -> Box:
    x0, y0, x1, y1 = (float(v) for v in geometry.boxes_to_upright(box, orientation, stored)[0])
    return (x0, y0, x1, y1)


def to_coco(pictures: Sequence[PictureRef], marks: Mapping[str, Marks]) -> Json:
    """The pictures that have marks, as a COCO detection file: a category is a phrase; boxes are upright pixels.

    Refused boxes are not written, nor pictures of which nothing else is known. One that is not complete names the
    phrases in LVIS's `not_exhaustive_category_ids`, which `read_annotations` understands.
    """
    told_of = [(ref, marks[ref.key]) for ref in pictures if ref.key in marks]
    known = [(n, ref, told) for n, (ref, told) in enumerate(told_of, 1) if told.complete or told.objects]
    phrases = sorted({mark.phrase for _, _, told in known for mark in told.objects})
    category = {phrase: number for number, phrase in enumerate(phrases, 1)}
    annotations: list[Json] = []
    for number, _, told in known:
        for mark in told.objects:
            x0, y0, x1, y1 = mark.box
            annotations.append({
                "id": len(annotations) + 1, "image_id": number, "category_id": category[mark.phrase],
                "bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0), "iscrowd": int(mark.crowd),
            })  # fmt: skip
    return {
        "info": {"description": "VLP Workbench"},
        "images": [_image(number, ref, told, list(category.values())) for number, ref, told in known],
        "annotations": annotations,
        "categories": [{"id": key, "name": phrase} for phrase, key in category.items()],
    }


def _image(number: int, ref: PictureRef, told: Marks, categories: list[int]) -> Json:
    image: Json = {"id": number, "file_name": ref.name, "width": ref.width, "height": ref.height}
    return image if told.complete else {**image, "not_exhaustive_category_ids": categories}
