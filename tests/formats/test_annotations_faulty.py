"""Annotations that are faulty: what is still used, what is said of the rest, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.formats import annotations
from core.formats.annotations import read_annotations
from core.formats.read_coco import read_coco
from core.formats.read_report import Report
from tests.formats.annotated import KNOWN, ONE, WRITERS, Files, coco, coco_file, voc, voc_xml, yolo, zipped


def changed(change: Callable[[Any], object]) -> Files:
    data = coco(ONE)
    change(data)
    return coco_file(data)


def entry(**values: Any) -> Callable[[Any], object]:
    return lambda d: d["annotations"][0].update(values)


def twice(part: str) -> Callable[[Any], object]:
    return lambda d: d[part].append(d[part][0])


@pytest.mark.parametrize(
    ("files", "objects", "says"),
    [
        (changed(entry(category_id=99)), 1, "1 annotation names category_id 99, which is not in the file (id 0)"),
        (changed(entry(image_id=7)), 1, "names image_id 7, which is not in the file"),
        (changed(entry(image_id=[0])), 1, "names image_id [0]"),
        (changed(lambda d: d["annotations"][0].pop("image_id")), 1, "has no 'image_id'"),
        (
            changed(lambda d: d["images"][0].update(file_name=None)),
            0,
            "2 annotations name image_id 0, which was left out (ids 0, 1)",
        ),
        (changed(twice("annotations")), 2, "1 annotation comes twice (id 0)"),
        (changed(twice("images")), 2, "1 picture comes twice in images (id 0)"),
        (changed(twice("categories")), 2, "1 category comes twice in categories (id 0)"),
        (changed(lambda d: d["images"].append(5)), 2, "1 entry is no object of JSON in images (number 3)"),
        (changed(lambda d: d["images"].append({"id": "x", "file_name": "c"})), 2, "is not a whole number"),
        (changed(entry(bbox=[1, 2, 0, 3])), 1, "has a box of no area (id 0)"),
        (changed(entry(bbox=[1, 2, float("nan"), 3])), 1, "has a box of no area"),
        (changed(entry(bbox=[1, 2, 3, 10**400])), 1, "not [x, y, width, height]"),
        (changed(entry(bbox="1234")), 1, "not [x, y, width, height]"),
        (changed(entry(bbox=[1, "b", 3, 4])), 1, "not [x, y, width, height]"),
        (changed(entry(bbox=None, segmentation=[[1, 2]])), 1, "a segmentation that cannot be read"),
        (changed(entry(bbox=None, segmentation={"size": [0, 0], "counts": "a"})), 1, "segmentation that cannot"),
        (changed(entry(bbox=[60, 0, 5, 5])), 1, "1 annotation lies outside the picture (id 0)"),
        (changed(entry(bbox=[50, 0, 50, 5])), 2, "reaches beyond the picture: only the part inside"),
        (changed(lambda d: d["images"][0].update(width="wide")), 2, "no size: not compared"),
        (changed(lambda d: d.update(annotations=[])), 0, "No object is in these annotations, but 2 pictures."),
        ([*voc(ONE), ("c.xml", b"<annotation><x>")], 2, "1 file is no XML that can be read (c.xml)"),
        ([*voc(ONE), ("c.xml", b"<!DOCTYPE a><annotation/>")], 2, "has a DOCTYPE or an ENTITY"),
        ([*voc(ONE), ("c.xml", "<!doctype a><annotation/>".encode("utf-16"))], 2, "has a DOCTYPE"),
        ([*voc(ONE), ("c.xml", b"<annotations/>")], 2, "its root is not 'annotation'"),
        ([*voc(ONE), ("c.xml", b"<annotation>\xff</annotation>")], 2, "not text in the encoding"),
        ([*voc(ONE), ("c.xml", b'<?xml version="1.0" encoding="punycode"?><annotation/>')], 2, "not text in the enc"),
        ([*voc(ONE), ("a2.xml", voc(ONE)[0][1])], 2, "of a picture that has annotations already (a2.xml)"),
        (
            [*voc(ONE), ("c.xml", voc_xml("c.png", [("cat", (5, 5, 5, 9))]).encode())],
            2,
            "has a box of no area (c.xml o",
        ),
        ([*voc(ONE), ("c.xml", b"<annotation><object><name>a</name></object></annotation>")], 2, "no box in numbers"),
        ([*voc(ONE), ("c.xml", b"<annotation><object/></annotation>")], 2, "1 object has no name (c.xml object 1)"),
        (
            [*yolo(ONE), ("c.txt", b"7 .5 .5 .1 .1")],
            2,
            "names class 7, which has no name in the file of classes (c.txt l",
        ),
        ([*yolo(ONE), ("c.txt", b"0 .5 .5 .1 .1 .9\n0 .5 .5 .1 .1")], 3, "has a score, as results have (c.txt line 1)"),
        ([*yolo(ONE), ("c.txt", b"0 .5 .5 x .1\n0 .5 .5 .1 .1")], 3, "is not 'class cx cy w h'"),
        ([*yolo(ONE), ("c.txt", b"-1 .5 .5 .1 .1\n0.5 .5 .5 .1 .1\n1 .5 .5 .1 .1")], 3, "2 lines are not 'class"),
        ([*yolo(ONE), ("c.txt", b"0 nan .5 .1 .1")], 2, "has a box of no area"),
        ([*yolo(ONE), ("c.txt", b"0 .1 .1 nan nan .2 .2")], 2, "has a box of no area"),
        ([*yolo(ONE), ("c.txt", b"0 1.5 .5 .1 .1")], 2, "lies outside the picture"),
        ([*yolo(ONE), ("c.txt", b"0 1 .5 .5 .1")], 3, "reaches beyond the picture"),
        ([*yolo(ONE), ("z.txt", b"0 .5 .5 .1 .1")], 2, "belongs to no picture here"),
        ([*yolo(ONE), ("README.txt", b"Exported on Monday")], 2, "has no line of YOLO (class cx cy w h) (README.txt)"),
        ([*yolo(ONE), ("c.txt", "0 .5 .5 .1 .1 ü".encode("latin-1"))], 2, "is not UTF-8 text (c.txt)"),
        ([*yolo(ONE), ("A.TXT", b"0 .5 .5 .1 .1")], 2, "of a picture that has annotations already"),
        (yolo(ONE, names=False), 2, "No file names the classes"),
        ([*yolo(ONE), ("model.pt", b"..")], 2, "1 file is of no format that is read here (model.pt)"),
        ([*voc(ONE), ("package.json", b"{}")], 2, "no format that is read here (package.json)"),
        ([*voc(ONE), ("classes.txt", b"cat")], 2, "names classes, which only YOLO's files need"),
    ],
)
def test_what_is_faulty_is_left_out_and_told(files: Files, objects: int, says: str) -> None:
    truth = read_annotations([*files, ("a.png", b"a picture is passed over")], KNOWN)
    assert len(truth.objects) == objects
    assert says in " | ".join(truth.left_out)
    assert all(len(line) < 250 for line in truth.left_out)


def test_a_hundred_faults_are_a_few_lines() -> None:
    data = coco({"a.png": [("cat", (0, 0, 9, 9))] * 200})
    for number, one in enumerate(data["annotations"]):
        one["category_id"] = 99 if number < 100 else 1000 + number if number < 150 else 0
    lines = read_annotations(coco_file(data), {}).left_out
    assert lines[0] == "100 annotations name category_id 99, which is not in the file (ids 0, 1, 2, …)."
    assert len(lines) == 13
    assert lines[-1] == "39 more for 39 other reasons."


def test_a_strict_reader_raises_the_first_fault_and_clips_nothing() -> None:
    ((name, data),) = changed(entry(bbox=[50, 0, 50, 5]))
    assert read_coco(data, name, Report("Mend it.", strict=True)).objects[0].box == (50, 0, 100, 5)
    ((name, data),) = changed(entry(category_id=99))
    with pytest.raises(
        InputError, match=r"The annotation 0 names category_id 99, which is not in the file\. Mend it\."
    ):
        read_coco(data, name, Report("Mend it.", strict=True))


def bomb() -> bytes:
    return zipped([("a.json", b" " * (annotations.MOST_BYTES + 1))])


def encrypted() -> bytes:
    data = bytearray(zipped(voc(ONE)))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        begin = 0
        while (begin := data.find(mark, begin)) >= 0:
            data[begin + at] |= 1
            begin += 4
    return bytes(data)


def many() -> bytes:
    return zipped([(f"{n}.xml", b"") for n in range(annotations.MOST_MEMBERS + 1)])


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([], "nothing"),
        ([("a.png", b"\x89PNG")], "No annotations"),
        ([("a.pdf", b"%PDF")], "No annotations are in what was given (a.pdf)"),
        ([("classes.txt", b"cat")], "No annotations are in what was given (classes.txt)"),
        ([("a.json", b"")], "not JSON"),
        ([("a.json", b"[" * 100_000)], "not JSON"),
        ([("a.json", '{"images": "Bär"}'.encode("latin-1"))], "not JSON"),
        ([("a.json", b"{}")], "no list 'images'"),
        ([("a.json", b'[{"image_id": 1, "bbox": [1, 2, 3, 4], "category_id": 1, "score": 1}]')], "detector's results"),
        (coco_file({"images": [], "annotations": [], "categories": []}), "holds no picture and no object"),
        (coco_file({"images": [{}], "annotations": [], "categories": []}), "1 picture has no 'id'"),
        ([*coco_file(coco(ONE)), ("b.json", coco_file(coco(ONE))[0][1])], "2 files of COCO: truth.json, b.json"),
        ([*coco_file(coco(ONE)), *voc(ONE)], "different formats: COCO (truth.json), Pascal VOC (a.xml, b.xml)"),
        ([*voc(ONE), *yolo(ONE)], "different formats"),
        ([("a.xml", b"<html/>")], "its root is not 'annotation'"),
        ([("a.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><annotation>&b;</annotation>')], "DOCTYPE"),
        ([("a.txt", b"hello")], "no line of YOLO"),
        ([("z.txt", b"0 .5 .5 .1 .1")], "belongs to no picture here"),
        ([*yolo(ONE), ("obj.names", b"dog")], "name the classes differently"),
        ([("classes.txt", "Bär".encode("latin-1")), ("a.txt", b"0 .5 .5 .1 .1")], "classes.txt is not UTF-8"),
        ([("x.zip", b"PK\x03\x04 and no more")], "no archive that can be read"),
        ([("x.zip", zipped([]))], "No annotations"),
    ],
)
def test_files_of_which_nothing_can_be_used(files: Files, says: str) -> None:
    with pytest.raises(InputError) as caught:
        read_annotations(files, KNOWN)
    assert says in caught.value.message
    assert caught.value.remedy
    assert len(caught.value.message) < 400


@pytest.mark.parametrize(
    ("make", "says"), [(bomb, "unpacks to more than"), (encrypted, "encrypted"), (many, "more than 20000 files")]
)
def test_hostile_archives(make: Callable[[], bytes], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read_annotations([("x.zip", make())], KNOWN)
    assert caught.value.remedy


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["a.json", "a.xml", "a.txt", "classes.txt", "data.yaml", "a.zip", "a"]), st.data())
def test_any_bytes_are_read_or_refused(name: str, data: st.DataObject) -> None:
    """A damaged file, or bytes at random: truth or `InputError`, nothing else."""
    write = data.draw(st.sampled_from(WRITERS))
    whole = b"".join(content for _, content in write(ONE)) if name != "a.zip" else zipped(write(ONE))
    begin = data.draw(st.integers(0, len(whole)))
    noise = data.draw(st.binary(max_size=12))
    cut = whole[:begin] + noise + whole[begin + len(noise) :]
    try:
        truth = read_annotations([(name, cut), *yolo(ONE)[:1]], KNOWN)
    except InputError as error:
        assert error.remedy
    else:
        assert all(o.picture in truth.pictures and o.category in truth.categories for o in truth.objects)


json_ = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "image_id", "category_id", "bbox", "segmentation", "name", "file_name", "counts", "size"]
            ),
            inner,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(st.lists(json_, max_size=3), st.lists(json_, max_size=3), st.lists(json_, max_size=3))
def test_any_json_is_read_or_refused(images: list[Any], objects: list[Any], categories: list[Any]) -> None:
    data = coco(ONE)
    data["images"] += images
    data["annotations"] += objects
    data["categories"] += categories
    truth = read_annotations([("a.json", json.dumps(data).encode())], KNOWN)
    assert len(truth.objects) >= 2
