"""Annotations of every format: what was written comes back, whatever the encoding and the names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.formats.annotations import read_annotations
from core.formats.read_coco import mask_box
from core.formats.read_names import class_names
from core.types.truth import Truth
from tests.formats.annotated import (
    CLASSES,
    KNOWN,
    ONE,
    SIZE,
    WRITERS,
    Files,
    Pictures,
    coco,
    coco_file,
    voc,
    voc_xml,
    yolo,
    zipped,
)

boxes = st.tuples(st.integers(0, 57), st.integers(0, 37), st.integers(2, 60), st.integers(2, 40)).map(
    lambda v: (v[0], v[1], min(60, v[0] + v[2]), min(40, v[1] + v[3]))
)
pictures_ = st.dictionaries(
    st.sampled_from(["a.png", "b.png", "c.png"]),
    st.lists(st.tuples(st.sampled_from(CLASSES), boxes), max_size=4),
    min_size=1,
)


def told(truth: Truth) -> dict[str, list[tuple[str, tuple[float, ...]]]]:
    """(class, box) by file name, boxes to a thousandth of a pixel."""
    found: dict[str, list[tuple[str, tuple[float, ...]]]] = {name: [] for name in truth.pictures.values()}
    for o in truth.objects:
        found[truth.pictures[o.picture]].append((truth.categories[o.category], tuple(round(v, 3) for v in o.box)))
    return found


@pytest.mark.parametrize("write", WRITERS)
@settings(max_examples=40, deadline=None)
@given(pictures_)
def test_what_was_written_comes_back(write: Callable[[Pictures], Files], pictures: Pictures) -> None:
    files = write(pictures)
    truth = read_annotations(files, KNOWN)
    assert told(truth) == {name: list(objects) for name, objects in pictures.items()}
    assert set(truth.sizes.values()) == {SIZE}
    assert len(truth.left_out) == (not any(pictures.values())), "without objects it says so, else nothing"
    assert read_annotations([("all.zip", zipped([(f"x/{name}", data) for name, data in files]))], KNOWN) == truth


def test_crowds_and_difficult_objects_count_neither_way() -> None:
    data = coco(ONE)
    data["annotations"][0]["iscrowd"] = 1
    assert [o.crowd for o in read_annotations(coco_file(data), {}).objects] == [True, False]
    difficult = voc_xml("a.png", ONE["a.png"], more="<difficult>1</difficult>").encode()
    assert all(o.crowd for o in read_annotations([("a.xml", difficult)], {}).objects)


def test_a_mask_stands_in_for_a_box() -> None:
    from pycocotools import mask as compiled

    bits = np.zeros(SIZE[::-1], np.uint8)
    bits[5:25, 10:30] = 1
    packed = compiled.encode(np.asfortranarray(bits))
    data = coco({"a.png": [("cat", (0, 0, 1, 1))] * 3})
    counts = [10 * 40 + 5, *[20, 20] * 19, 20, 15 + 30 * 40]
    for entry, shape in zip(
        data["annotations"],
        (
            [[10, 5, 30, 5, 30, 25, 10, 25]],
            {"size": [40, 60], "counts": packed["counts"].decode()},
            {"size": [40, 60], "counts": counts},
        ),
        strict=True,
    ):
        entry.pop("bbox")
        entry["segmentation"] = shape
    truth = read_annotations(coco_file(data), {})
    assert [o.box for o in truth.objects] == [(10, 5, 30, 25)] * 3
    assert not truth.left_out


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_the_box_of_run_lengths_is_that_of_pycocotools(height: int, width: int, data: st.DataObject) -> None:
    from pycocotools import mask as compiled

    bits = data.draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    grid = np.asfortranarray(np.reshape(bits, (height, width)), np.uint8)
    packed = compiled.encode(grid)
    found = mask_box({"size": [height, width], "counts": packed["counts"].decode()}, (width, height))
    if not grid.any():
        assert found is None
        return
    rows, columns = np.flatnonzero(grid.any(1)), np.flatnonzero(grid.any(0))
    assert found is not None
    assert found == (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)


def test_boxes_within_rounding_of_the_edge_are_clipped_without_a_word() -> None:
    data = coco(ONE)
    data["annotations"][0]["bbox"] = [-0.5, 0, 61, 40.4]
    truth = read_annotations(coco_file(data), {})
    assert truth.objects[0].box == (0, 0, 60, 40)
    assert not truth.left_out


def test_a_size_that_the_file_does_not_tell_is_known_from_the_pictures() -> None:
    data = coco(ONE, size=None)
    data["annotations"][0]["bbox"] = [50, 0, 50, 5]
    truth = read_annotations(coco_file(data), KNOWN)
    assert truth.objects[0].box == (50, 0, 60, 5)
    assert not truth.sizes


ENCODINGS: Sequence[tuple[str, Callable[[bytes], bytes]]] = (
    ("utf-8 with a mark", lambda data: b"\xef\xbb\xbf" + data),
    ("utf-16", lambda data: data.decode().encode("utf-16")),
    ("CRLF", lambda data: data.replace(b"\n", b"\r\n")),
    ("CR", lambda data: data.replace(b"\n", b"\r")),
)


@pytest.mark.parametrize("change", [change for _, change in ENCODINGS], ids=[name for name, _ in ENCODINGS])
@pytest.mark.parametrize("write", WRITERS)
def test_marks_of_encodings_and_ends_of_lines(write: Callable[[Pictures], Files], change: Callable) -> None:
    pictures = {"a.png": [("Bär", (10, 5, 30, 25)), ("cat", (0, 0, 20, 20))]}
    assert told(read_annotations([(name, change(data)) for name, data in write(pictures)], KNOWN)) == pictures


def test_xml_in_the_encoding_that_it_names() -> None:
    xml = '<?xml version="1.0" encoding="ISO-8859-1"?>' + voc_xml("a.png", [("Bär", (10, 5, 30, 25))])
    assert told(read_annotations([("a.xml", xml.encode("latin-1"))], {})) == {"a.png": [("Bär", (10, 5, 30, 25))]}


def test_a_picture_is_known_by_the_xml_s_own_name_where_the_one_inside_is_of_none() -> None:
    xml = voc_xml("C:\\x\\IMG_1.JPG", ONE["a.png"]).encode()
    assert list(read_annotations([("a.xml", xml)], KNOWN).pictures.values()) == ["a.png"]
    assert list(read_annotations([("z.xml", xml)], KNOWN).pictures.values()) == ["C:\\x\\IMG_1.JPG"]


def test_a_name_with_dots_is_no_suffix() -> None:
    known = {"a.rf.1.jpg": SIZE, "a.rf.1": SIZE, "a.rf.2.jpg": (6, 4), "a.rf.2": (6, 4)}
    files = [("a.rf.1.txt", b"0 .5 .5 1 1"), ("a.rf.2.txt", b"0 .5 .5 1 1")]
    truth = read_annotations(files, known)
    assert list(truth.pictures.values()) == ["a.rf.1.jpg", "a.rf.2.jpg"]
    assert [o.box for o in truth.objects] == [(0, 0, 60, 40), (0, 0, 6, 4)]


def test_a_label_of_two_pictures_is_of_none() -> None:
    known = {"a.png": SIZE, "a.jpg": (6, 4), "a": (6, 4), "b.png": SIZE}
    truth = read_annotations([("a.txt", b"0 .5 .5 1 1"), ("b.txt", b"0 .5 .5 1 1")], known)
    assert list(truth.pictures.values()) == ["b.png"]
    assert "to several" in truth.left_out[-1]


@pytest.mark.parametrize(
    "text",
    [
        "names: [cat, 'traffic light', \"B\\u00e4r\"]",
        "nc: 3\nnames: [\n  cat, # first\n  'traffic light',\n  Bär,\n]\nother: [x]",
        "names: {0: cat, 1: 'traffic light', 2: Bär}",
        'path: ../x # names: y\nnames:\n  0: cat\n  1: traffic light # second\n  2: "Bär"\ntrain: images',
        "names:\n- cat\n- traffic light\n- 'Bär'\nnc: 3",
        'names:\n\n  # all of them\n  - "cat"\n  - traffic light\n  - Bär\n',
        '"names": ["cat", "traffic light", "Bär"]',
    ],
)
def test_class_names_of_yaml(text: str) -> None:
    assert class_names("data.yaml", text) == dict(enumerate(CLASSES))
    assert class_names("data.yaml", "nc: 3") is None


def test_class_names_a_line_each() -> None:
    assert class_names("obj.names", "cat\ntraffic light\nBär\n\n") == dict(enumerate(CLASSES))
    assert class_names("classes.txt", "cat\n\nBär") == {0: "cat", 2: "Bär"}
    truth = read_annotations([*yolo(ONE), ("data.yaml", b"names: [cat, traffic light, 'B\xc3\xa4r']")], KNOWN)
    assert len(truth.objects) == 2


def test_names_in_an_archive_are_no_paths() -> None:
    inner = [("../../etc/a.xml", voc(ONE)[0][1]), ("__MACOSX/x/._b.xml", b"x"), ("C:\\y\\b.xml", voc(ONE)[1][1])]
    truth = read_annotations([("x.zip", zipped([*inner, ("img/a.png", b"x" * 9)]))], KNOWN)
    assert list(truth.pictures.values()) == ["a.png", "b.png"]
    assert not truth.left_out
