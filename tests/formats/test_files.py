"""What "Download all" holds: true pictures, tables that no spreadsheet runs, names that are safe."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.formats.bundle import files, json_bytes, slug, zip_bytes
from core.formats.png import cutout_png, index_map, index_png, mask_png
from core.formats.table import COLUMNS, csv_bytes, rows
from core.settings import load_settings
from core.types.boxes import Suggestion
from core.types.masks import Mask
from tests.formats.turns import PICTURE, finished

SIZE = (PICTURE.width, PICTURE.height)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_the_index_numbers_objects_and_the_smaller_lies_on_top() -> None:
    turn = finished()
    cat, dog = turn.masks.items
    read = opened(index_png(turn.masks.items, ["cat", "dog"], SIZE))
    assert read.mode == "P" and read.size == SIZE
    numbers = np.asarray(read)
    assert np.array_equal(numbers, index_map(turn.masks.items, SIZE))
    assert (numbers[dog.full()] == 2).all()  # dog is the smaller
    assert (numbers[cat.full() & ~dog.full()] == 1).all()
    assert (numbers[~cat.full() & ~dog.full()] == 0).all()
    assert read.text["object 2"] == "dog"  # type: ignore[attr-defined]


def test_of_two_equal_masks_the_lower_number_lies_on_top() -> None:
    mask = Mask.of(np.ones((4, 4), bool))
    assert (index_map([mask, mask], (4, 4)) == 1).all()


def test_a_mask_is_black_and_white_and_as_large_as_the_picture() -> None:
    mask = finished().masks.items[0]
    read = np.asarray(opened(mask_png(mask)))
    assert set(np.unique(read)) == {0, 255}
    assert np.array_equal(read == 255, mask.full())


def test_a_cut_out_shows_the_object_alone_and_hides_nothing() -> None:
    bits = np.zeros((PICTURE.height, PICTURE.width), bool)
    bits[20:40, 30:60] = True
    bits[20:30, 30:40] = False
    read = np.asarray(opened(cutout_png(PICTURE, Mask.of(bits))))
    assert read.shape == (20, 30, 4)
    assert np.array_equal(read[..., 3] == 255, bits[20:40, 30:60])
    assert (read[read[..., 3] == 0] == 0).all()
    assert np.array_equal(read[15, 15, :3], PICTURE.pixels[35, 45])


def test_every_file_is_there_and_opens() -> None:
    made = files(finished(), PICTURE, load_settings())
    assert {"overlay.png", "index.png", "coco.json", "objects.csv", "manifest.json", "turn.json"} < set(made)
    assert {"masks/01_cat.png", "cutouts/02_dog.png"} < set(made)
    assert "edited.png" not in made
    for name, content in made.items():
        if name.endswith(".png"):
            opened(content).load()
        if name.endswith(".json"):
            json.loads(content)
    assert opened(made["overlay.png"]).size == SIZE
    assert set(json.loads(made["turn.json"])["files"]) == set(made)


def test_a_changed_picture_is_among_them() -> None:
    turn = finished("remove the cat")
    made = files(turn, PICTURE)
    assert turn.edited is not None
    assert np.array_equal(np.asarray(opened(made["edited.png"])), turn.edited.pixels)


def test_the_manifest_is_enough_to_replay() -> None:
    turn = finished()
    told = json.loads(
        files(turn, replace(PICTURE, orientation=6, stored_size=(80, 120)), load_settings())["manifest.json"]
    )
    text = json.dumps(told)
    assert turn.text in text and PICTURE.digest in text
    for key in ("thresholds", "engines"):
        assert key in text
    assert told["picture"]["exif_orientation"] == 6
    assert "numpy" in text  # package versions


def test_the_manifest_maps_boxes_to_the_file_and_names_engines() -> None:
    turned = replace(PICTURE, orientation=6, stored_size=(80, 120))
    told = json.loads(files(finished(), turned, load_settings())["manifest.json"])
    cat = told["results"]["objects"][0]
    assert cat["box"] == [10.0, 10.0, 90.0, 70.0]
    assert cat["box_stored"] == [10.0, 30.0, 70.0, 110.0]  # x = y, y = 120 - x
    assert cat["mask_digest"] == finished().masks.items[0].digest
    assert told["engines"]["versions"][cat["engine"]] == cat["engine_version"]
    assert told["request"]["text"] == finished().text and told["settings"]["ports"]["detection"]["backend"]


def test_suggestions_are_in_no_exported_picture() -> None:
    turn = finished()
    offered = replace(turn, suggestions=(Suggestion((5.0, 5.0, 110.0, 75.0), 0.9),))
    with_, without = files(offered, PICTURE), files(turn, PICTURE)
    told = {"turn.json"}  # says what was offered, as such
    assert {n: c for n, c in with_.items() if n not in told} == {n: c for n, c in without.items() if n not in told}


def test_an_object_without_a_mask_has_no_files_of_its_own() -> None:
    made = files(finished("where are the cat and the dog"), PICTURE)
    assert not [name for name in made if name.startswith(("masks/", "cutouts/"))]
    assert not np.asarray(opened(made["index.png"])).any()


def test_the_zip_is_the_same_for_the_same_turn_and_holds_every_file() -> None:
    made = files(finished(), PICTURE)
    assert zip_bytes(made) == zip_bytes(dict(made))
    with zipfile.ZipFile(io.BytesIO(zip_bytes(made))) as archive:
        assert archive.testzip() is None
        assert {n: archive.read(n) for n in archive.namelist()} == made


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("brown dog", "brown_dog"),
        ("../../etc/passwd", "etc_passwd"),
        ("Größe\\CON:", "grosse_con"),
        ("🐱", "object"),
        ("", "object"),
        ("x" * 300, "x" * 40),
    ],
)
def test_names_are_safe_on_every_system(phrase: str, name: str) -> None:
    assert slug(phrase) == name


def test_the_table_names_area_place_and_basis() -> None:
    turn = finished()
    cat, dog = rows(turn.detections, turn.masks, SIZE)
    assert tuple(cat) == COLUMNS
    assert (cat["number"], cat["phrase"], cat["basis"], cat["score"]) == (1, "cat", "class", 0.9)
    assert cat["area_px"] == turn.masks.items[0].area
    assert cat["area_percent"] == pytest.approx(100 * turn.masks.items[0].area / (120 * 80), abs=0.01)
    assert dog["number"] == 2


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1", " =1", "＝1"])
def test_no_cell_is_run_as_a_formula(text: str) -> None:
    turn = finished()
    (row, _) = rows(turn.detections, turn.masks, SIZE)
    read = list(csv.reader(io.StringIO(csv_bytes([{**row, "phrase": text}]).decode())))
    assert read[0] == list(COLUMNS)
    assert read[1][COLUMNS.index("phrase")] == f"'{text}"


def test_numbers_that_are_none_are_refused_in_json() -> None:
    with pytest.raises(ValueError):
        json_bytes({"score": float("nan")})
