"""An experiment goes out as a readable file; what comes in could have been written by anybody."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from core.errors import InputError, StorageError
from core.formats import experiment as module
from core.formats.experiment import experiment_json, experiment_of, located
from core.sessions.store import SessionStore
from core.types.experiment import Experiment, Outcome, Variant
from core.types.picture import PictureRef
from core.types.thresholds import Thresholds
from core.types.truth import Mark, Marks
from tests.sessions.values import differences, png, rich_experiment, settings_in

ONE = PictureRef("a" * 64, "1" * 64, "one.png", 60, 40, "PNG", (60, 40), 1, ("a note",), "shapes")
TWO = PictureRef("b" * 64, "2" * 64, "two.png", 60, 40)


def as_it_was(back: Experiment, before: Experiment) -> Experiment:
    """With the ids and keys that it had, told by their places."""
    ids = {new.id: old.id for new, old in zip(back.variants, before.variants, strict=True)}
    keys = {new.key: old.key for new, old in zip(back.pictures, before.pictures, strict=True)}
    return replace(
        back,
        id=before.id,
        updated=before.updated,
        pictures=tuple(replace(ref, key=keys[ref.key]) for ref in back.pictures),
        marks=MappingProxyType({keys[key]: marks for key, marks in back.marks.items()}),
        variants=tuple(replace(variant, id=ids[variant.id]) for variant in back.variants),
        outcomes=MappingProxyType({ids[i]: replace(o, variant=ids[o.variant]) for i, o in back.outcomes.items()}),
    )


def test_it_comes_back_in_everything_but_its_ids() -> None:
    before = rich_experiment(ONE, TWO)
    back = experiment_of(experiment_json(before))
    assert not differences(before, as_it_was(back, before))
    assert not {back.id, *(v.id for v in back.variants)} & {before.id, *(v.id for v in before.variants)}
    assert not {ref.key for ref in back.pictures} & {ONE.key, TWO.key}
    assert before.updated <= back.updated <= time.time()


def test_an_empty_one_goes_out_and_in() -> None:
    before = Experiment("Empty")
    assert not differences(before, as_it_was(experiment_of(experiment_json(before)), before))


def test_it_can_be_read_by_people_and_by_other_programs() -> None:
    experiment = rich_experiment(ONE)
    text = experiment_json(experiment).decode()
    told = json.loads(text)
    assert told["format"] == 1 and told["made_by"] == "VLP Workbench"
    inner = told["experiment"]
    assert inner["pictures"][0]["digest"] == ONE.digest and inner["phrases"] == ["brown dog", "cat"]
    variant = inner["variants"][1]
    assert variant["detector"] == {"backend": "transformers", "model": "a model"}
    assert variant["thresholds"]["phrase"] == {"brown dog": 0.2} and variant["thresholds"]["text"] == 0.4
    assert inner["outcomes"][variant["id"]]["engines"] == ["fake 1.2"]
    assert inner["marks"][ONE.key]["objects"][0]["box"] == [10.1, 5.3333333333333333, 40.7, 30.25]
    assert "\n" in text and "[10.1, 5.333333333333333, 40.7, 30.25]" in text and '"title": "Dogs 🐕"' in text


def test_texts_that_look_like_lists_and_numbers_of_numpy_stay_what_they_are() -> None:
    counts: Any = MappingProxyType({"[\n 1,\n 2 ]": np.int64(3)})
    box: Any = np.float32(0.25)
    variant = Variant("[", Thresholds(box=box))
    before = Experiment("[\n 1,\n 2\n]", variants=(variant,), outcomes={variant.id: Outcome(variant.id, (), counts)})
    inner = json.loads(experiment_json(before))["experiment"]
    assert inner["title"] == before.title and inner["outcomes"][variant.id]["counts"] == {"[\n 1,\n 2 ]": 3}
    back = experiment_of(experiment_json(before))
    assert back.variants[0].thresholds.box == 0.25 and back.title == "[ 1, 2 ]"


def test_a_picture_is_found_by_its_pixels_and_what_is_not_here_is_told() -> None:
    back = experiment_of(experiment_json(rich_experiment(ONE, TWO)))
    mine = PictureRef("c" * 64, ONE.digest, "my name.jpg", 60, 40)
    found, missing = located(back, [mine, replace(mine, key="d" * 64), replace(TWO, digest="9" * 64)])
    assert found.pictures == (mine,) and [ref.name for ref in missing] == ["two.png"]
    assert found.marks == {mine.key: back.marks[back.pictures[0].key]}
    assert not differences(back.variants, found.variants) and found.id == back.id
    whole, missing = located(back, [mine, TWO])
    assert whole.pictures == (mine, TWO) and missing == ()
    nothing, missing = located(back, [])
    assert nothing.pictures == () == tuple(nothing.marks) and len(missing) == 2


def test_two_files_of_one_picture_become_one() -> None:
    twice = experiment_of(experiment_json(rich_experiment(ONE, replace(ONE, key="f" * 64))))
    found, missing = located(twice, [ONE])
    assert found.pictures == (ONE,) and list(found.marks) == [ONE.key] and missing == ()


def test_a_file_that_names_anothers_picture_does_not_give_it(tmp_path: Path) -> None:
    store = SessionStore(settings_in(tmp_path))
    secret = store.pictures.add(png(9), "secret.png")
    store.experiments.put("owner", rich_experiment(secret))
    stolen = experiment_of(experiment_json(rich_experiment(secret)))
    for use in (store.pictures.open, store.pictures.raw, store.pictures.thumbnail):
        with pytest.raises(StorageError):
            use(stolen.pictures[0])
    with pytest.raises(StorageError):
        store.experiments.put("thief", stolen)
    assert store.experiments.summaries("thief") == []
    assert located(stolen, store.experiments.pictures("thief"))[0].pictures == ()
    assert located(stolen, store.experiments.pictures("owner"))[0].pictures == (secret,)
    store.close()


def changed(change: Callable[[Any], object]) -> bytes:
    told = json.loads(experiment_json(rich_experiment(ONE, TWO)))
    change(told["experiment"])
    return json.dumps(told).encode()


def thresholds(plain: Any) -> Any:
    return plain["variants"][1]["thresholds"]


def outcome(plain: Any) -> Any:
    return next(iter(plain["outcomes"].values()))


def first_marks(plain: Any) -> Any:
    return plain["marks"][ONE.key]


FILES: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"\x89PNG\r\n\x1a\n" * 20,
    "cut": experiment_json(rich_experiment(ONE))[:-40],
    "no table": b"[1]",
    "another JSON": b'{"images": [], "annotations": [], "categories": []}',
    "no format": b'{"kind": "experiment", "experiment": {"title": "x"}}',
    "a made up format": b'{"format": "1", "kind": "experiment", "experiment": {"title": "x"}}',
    "a format below all": b'{"format": 0, "kind": "experiment", "experiment": {"title": "x"}}',
    "another kind": b'{"format": 1, "kind": "chat", "experiment": {"title": "x"}}',
    "no experiment in it": b'{"format": 1, "kind": "experiment"}',
    "an experiment that is none": b'{"format": 1, "kind": "experiment", "experiment": [1, 2]}',
    "too deep": b'{"format": 1, "kind": "experiment", "experiment": ' + b"[" * 200_000,
    "a number as long as the world": b'{"format": 1, "kind": "experiment", "created": ' + b"9" * 10_000 + b"}",
}
LIES: dict[str, Callable[[Any], object]] = {
    "a threshold that is none": lambda plain: thresholds(plain).update(nms_iou=7),
    "a threshold of a phrase that is none": lambda plain: thresholds(plain).update(phrase={"cat": 2.0}),
    "a threshold without a value": lambda plain: thresholds(plain).update(by_basis={"class": float("nan")}),
    "a threshold that is a text": lambda plain: thresholds(plain).update(listed={"class": "nan"}),
    "no box at all": lambda plain: thresholds(plain).update(top_k=0),
    "a number beyond all": lambda plain: thresholds(plain).update(loudness=1e300),
    "no time": lambda plain: plain.update(created=float("inf")),
    "a time before all": lambda plain: plain.update(created=-1e11),
    "two pictures of one key": lambda plain: plain["pictures"][1].update(key=ONE.key),
    "a picture without a digest": lambda plain: plain["pictures"][0].update(digest="../secret"),
    "a picture of no size": lambda plain: plain["pictures"][0].update(width=0),
    "a picture as large as the world": lambda plain: plain["pictures"][0].update(height=10**9),
    "a picture that stands on no side": lambda plain: plain["pictures"][0].update(orientation=9),
    "two variants of one id": lambda plain: plain["variants"][1].update(id=plain["variants"][0]["id"]),
    "a variant without an id": lambda plain: plain["variants"][0].update(id=""),
    "a box that is nowhere": lambda plain: first_marks(plain)["objects"][0].update(box=[float("nan"), 0, 1, 1]),
    "a box far out": lambda plain: first_marks(plain)["refused"][0].update(box=[0, 0, 1e9, 1]),
    "a box that is inside out": lambda plain: first_marks(plain)["objects"][0].update(box=[9, 0, 1, 1]),
    "a box of three edges": lambda plain: first_marks(plain)["objects"][0].update(box=[1, 2, 3]),
    "a count below nothing": lambda plain: outcome(plain).update(counts={"cat": -1}),
    "more precise than can be": lambda plain: outcome(plain).update(precision=1.5),
    "more phrases than can be": lambda plain: plain.update(phrases=list(map(str, range(module.MOST_PHRASES)))),
    "more variants than can be": lambda plain: plain.update(
        variants=[{**plain["variants"][0], "id": str(n)} for n in range(module.MOST_VARIANTS + 1)]
    ),
    "more pictures than can be": lambda plain: plain.update(
        pictures=[{**plain["pictures"][0], "key": str(n)} for n in range(module.MOST_PICTURES + 1)]
    ),
}


def refused(data: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        experiment_of(data)
    assert caught.value.message and caught.value.remedy and len(caught.value.message) < 400
    return caught.value


@pytest.mark.parametrize("name", FILES)
def test_what_is_no_experiment_is_refused(name: str) -> None:
    refused(FILES[name])


@pytest.mark.parametrize("name", LIES)
def test_an_experiment_that_lies_is_refused(name: str) -> None:
    refused(changed(LIES[name]))


def test_the_experiment_that_the_lies_are_told_in_is_good() -> None:
    assert experiment_of(changed(lambda _: None))
    assert experiment_of(b"\xef\xbb\xbf" + changed(lambda _: None))  # an editor saved it


def test_a_later_format_says_to_update() -> None:
    data = experiment_json(Experiment("x")).replace(b'"format": 1', b'"format": 2')
    error = refused(data)
    assert "later version" in error.message and "Update" in error.remedy


def test_one_that_is_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json, "loads", lambda _: pytest.fail("read"))
    assert "too large" in refused(b" " * (module.MOST_BYTES + 1)).message


@pytest.mark.parametrize("backend", ["os:system", "package.module:Class", "nosuch"])
@pytest.mark.parametrize("port", ["detector", "segmenter"])
def test_a_file_chooses_no_engine_but_the_programs_own(port: str, backend: str) -> None:
    """A plug-in is code: it is named in the settings on the server, and never by a file from elsewhere."""
    error = refused(changed(lambda plain: plain["variants"][1][port].update(backend=backend)))
    assert backend in error.message and "embedded" in error.remedy


def test_texts_are_one_line_and_bounded_wherever_they_stand() -> None:
    bad = "brown\u202e\n\x1b[31m  dog\ud800" + "x" * 5000
    good = ("brown [31m dog " + "x" * 5000)[: module.MOST_CHARS]

    def spoil(plain: Any) -> None:
        plain |= {"title": bad, "truth": bad, "phrases": [bad, "", bad, "cat"], "distractors": [bad]}
        plain["pictures"][0]["name"] = "../../" + bad
        plain["variants"][0]["name"] = " \n "
        plain["variants"][1] |= {"name": bad, "detector": {"backend": "", "model": bad}}
        thresholds(plain)["phrase"] = {bad: 0.5}
        outcome(plain)["counts"] = {bad: 1}
        first_marks(plain)["objects"][0]["phrase"] = bad

    back = experiment_of(changed(spoil))
    assert (back.title, back.truth, back.phrases, back.distractors) == (good, good, (good, "cat"), (good,))
    variant = back.variants[1]
    assert (back.variants[0].name, variant.name, variant.detector.model) == ("Variant 1", good, good)
    assert dict(variant.thresholds.phrase) == {good: 0.5} and back.outcomes[variant.id].counts == {good: 1}
    assert back.marks[back.pictures[0].key].objects[0].phrase == good
    name = back.pictures[0].name
    assert name.isprintable() and len(name) <= 80 and "/" not in name
    assert experiment_of(changed(lambda plain: plain.update(title="\n"))).title


def test_what_belongs_to_nothing_in_it_and_times_to_come_are_left_out() -> None:
    def spoil(plain: Any) -> None:
        plain["marks"]["nowhere"] = first_marks(plain)
        plain["outcomes"]["nobody"] = outcome(plain)
        outcome(plain)["at"] = plain["created"] = 1e11

    back = experiment_of(changed(spoil))
    assert list(back.marks) == [back.pictures[0].key] and list(back.outcomes) == [back.variants[1].id]
    assert max(back.created, back.outcomes[back.variants[1].id].at) <= time.time()


def test_a_field_of_a_later_program_is_left_out_and_a_missing_one_takes_its_default() -> None:
    def later(plain: Any) -> None:
        plain["colour"] = "blue"
        del plain["distractors"], thresholds(plain)["top_k"]

    back = experiment_of(changed(later))
    assert back.distractors == () and back.variants[1].thresholds.top_k is None


def test_many_pictures_with_many_marks_are_read_in_time() -> None:
    refs = tuple(PictureRef(f"{n:064x}", f"{n:064x}", f"{n}.png", 4000, 3000) for n in range(500))
    marks = Marks(tuple(Mark("a phrase", (n + 1 / 3, n, n + 100, n + 50)) for n in range(20)))
    before = Experiment("many", refs, ("a phrase",), marks=MappingProxyType({ref.key: marks for ref in refs}))
    data, start = experiment_json(before), time.perf_counter()
    assert len(experiment_of(data).marks) == 500 and len(data) < module.MOST_BYTES / 8
    assert time.perf_counter() - start < 10
