"""An experiment as one readable JSON file, without its pictures; read as if anybody could have written it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from core.errors import InputError, WorkbenchError
from core.packing import pack, unpack
from core.pictures import display_name
from core.registry import allowed_backends
from core.types.arrays import expect
from core.types.boxes import Box
from core.types.experiment import Experiment, Outcome, Variant
from core.types.picture import PictureRef
from core.types.turn import new_id

KIND, FORMAT = "experiment", 1  # a reader refuses a larger one
PROGRAM = "VLP Workbench"
MOST_BYTES = 32_000_000  # 500 pictures with 300 marks each
MOST_PICTURES, MOST_PHRASES, MOST_VARIANTS = 5_000, 1_000, 100
MOST_CHARS = 200  # of a text
MOST_SIDE = 1_000_000  # pixels
MOST_NUMBER = 1e12  # times are below it, as everything else is
DIGEST = re.compile(r"[0-9a-f]{64}")
NUMBERS = re.compile(r'\[\n\s*([^\[\]{}"]*?)\n\s*\]')  # no text holds a line break in JSON
UNNAMED = "Experiment"
EXPORTED = "Choose a JSON file of an experiment that was exported here."
AGAIN = "Export the experiment again, and choose that file."


def experiment_json(experiment: Experiment) -> bytes:
    """UTF-8, indented. A picture is told by its digests, name and size."""
    told = {"format": FORMAT, "kind": KIND, "made_by": PROGRAM, KIND: pack(experiment)}
    text = json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False, default=_number)
    text = NUMBERS.sub(lambda found: f"[{' '.join(found[1].split())}]", text)  # a box on one line
    return text.encode("utf-8", "replace") + b"\n"


def experiment_of(data: bytes) -> Experiment:
    """What `experiment_json` wrote, under new ids. Raises `InputError`.

    Its pictures have keys that no file has (whoever knows a digest could otherwise see what lies under it); `located`
    puts the user's own in their place. Back-ends are the program's own; a model's name is whatever the file says.
    """
    if len(data) > MOST_BYTES:
        raise InputError(f"This file is too large for an experiment ({len(data) / 1e6:.0f} MB).", EXPORTED)
    try:
        told = json.loads(data)
        _check_format(told)
        plain = _clean(pack(unpack(Experiment, told[KIND])))
        return _renewed(_checked(unpack(Experiment, plain)))
    except WorkbenchError:
        raise
    except Exception as error:  # hostile bytes break the readers of JSON and of values in every way they know
        reason = " ".join(str(error).split())[:MOST_CHARS] or type(error).__name__
        raise InputError(f"This is no experiment, or a damaged one ({reason}).", AGAIN) from error


def located(experiment: Experiment, here: Iterable[PictureRef]) -> tuple[Experiment, tuple[PictureRef, ...]]:
    """The experiment on those of its pictures that are here, with their marks; and the pictures that are not.

    here: pictures that the user may see, such as what was just opened; the digest of their pixels tells which is which.
    """
    known: dict[str, PictureRef] = {}
    for ref in here:
        known.setdefault(ref.digest, ref)
    found = {ref.key: known[ref.digest] for ref in experiment.pictures if ref.digest in known}
    marks = {ref.key: experiment.marks[key] for key, ref in found.items() if key in experiment.marks}
    pictures = tuple({ref.key: ref for ref in found.values()}.values())
    missing = tuple(ref for ref in experiment.pictures if ref.key not in found)
    return replace(experiment, pictures=pictures, marks=MappingProxyType(marks)), missing


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no value of JSON")


def _check_format(told: Any) -> None:
    number = told.get("format") if isinstance(told, dict) else None
    if type(number) is not int or number < 1 or told.get("kind") != KIND:
        raise InputError("This file holds no experiment: it names no format of one.", EXPORTED)
    if number > FORMAT:
        raise InputError(
            f"This experiment comes from a later version of the program (format {number}; {FORMAT} is known here).",
            "Update the program.",
        )


def _clean(plain: Any) -> Any:
    """Every text on one line and bounded, the names in tables too; no number that is none."""
    if isinstance(plain, str):
        return _line(plain)
    if isinstance(plain, dict):
        return {_clean(key): _clean(value) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [_clean(item) for item in plain]
    if isinstance(plain, int | float):
        expect(abs(plain) <= MOST_NUMBER, f"{plain} is no number of an experiment")
    return plain


def _line(text: str) -> str:
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())[:MOST_CHARS]


def _checked(experiment: Experiment) -> Experiment:
    """Raises `ValueError` where it says what no experiment is."""
    keys = [ref.key for ref in experiment.pictures]
    ids = [variant.id for variant in experiment.variants]
    expect(len(keys) <= MOST_PICTURES, f"more than {MOST_PICTURES} pictures")
    expect(len(experiment.asked) <= MOST_PHRASES, f"more than {MOST_PHRASES} phrases")
    expect(len(ids) <= MOST_VARIANTS, f"more than {MOST_VARIANTS} variants")
    expect(len(set(keys)) == len(keys), "a picture is there twice")
    expect(all(ids) and len(set(ids)) == len(ids), "a variant has no id of its own")
    expect(min(experiment.created, experiment.updated) >= 0, "it has no time")
    for ref in experiment.pictures:
        expect(DIGEST.fullmatch(ref.digest) is not None, "a picture has no digest")
        expect(0 < ref.width <= MOST_SIDE and 0 < ref.height <= MOST_SIDE, "a picture has no such size")
        expect(1 <= ref.orientation <= 8, "a picture has no such orientation")
        marks = experiment.marks.get(ref.key)
        for mark in (*marks.objects, *marks.refused) if marks is not None else ():
            _check_box(mark.box, ref)
    for variant in experiment.variants:
        _check_variant(variant)
    for outcome in experiment.outcomes.values():
        _check_outcome(outcome)
    return experiment


def _check_box(box: Box, ref: PictureRef) -> None:
    """An annotation may overlap the edge; one far out would be drawn for ever."""
    for low, high, side in ((box[0], box[2], ref.width), (box[1], box[3], ref.height)):
        expect(-side <= low <= high <= 2 * side, "a mark lies outside its picture")


def _check_variant(variant: Variant) -> None:
    numbers = variant.thresholds
    for table in (numbers.by_basis, numbers.listed, numbers.phrase):
        expect(all(0 <= value <= 1 for value in table.values()), "a threshold must lie in [0, 1]")
    for port, choice in (("detection", variant.detector), ("segmentation", variant.segmenter)):
        known = allowed_backends(port)
        if choice.backend and choice.backend not in known:
            raise InputError(
                f"'{variant.name}' uses '{choice.backend}' for {port}, which is no back-end of the program's own.",
                f"Choose {' or '.join(known)} in that experiment, and export it again.",
            )


def _check_outcome(outcome: Outcome) -> None:
    counts = (*outcome.counts.values(), *outcome.claimed.values(), outcome.objects, outcome.right)
    expect(all(count >= 0 for count in counts) and outcome.at >= 0, "a count must not be negative")
    shares = (outcome.precision, outcome.recall, outcome.f1, outcome.ap, outcome.ap50)
    expect(all(share is None or 0 <= share <= 1 for share in shares), "a figure must lie in [0, 1]")


def _renewed(experiment: Experiment) -> Experiment:
    """New ids, keys that no file has, no time to come, and nothing of variants and pictures that are not there."""
    now = time.time()
    ids = {variant.id: new_id() for variant in experiment.variants}
    keys = {ref.key: f"elsewhere {number}" for number, ref in enumerate(experiment.pictures)}
    return replace(
        experiment,
        id=new_id(),
        title=experiment.title or UNNAMED,
        phrases=_each_once(experiment.phrases),
        distractors=_each_once(experiment.distractors),
        pictures=tuple(replace(r, key=keys[r.key], name=display_name(r.name)) for r in experiment.pictures),
        variants=tuple(
            replace(v, id=ids[v.id], name=v.name or f"Variant {n}") for n, v in enumerate(experiment.variants, 1)
        ),
        marks=MappingProxyType({keys[key]: marks for key, marks in experiment.marks.items() if key in keys}),
        outcomes=MappingProxyType(
            {
                ids[id_]: replace(outcome, variant=ids[id_], at=min(outcome.at, now))
                for id_, outcome in experiment.outcomes.items()
                if id_ in ids
            }
        ),
        created=min(experiment.created, now),
        updated=now,
    )


def _each_once(phrases: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(phrase for phrase in phrases if phrase))
