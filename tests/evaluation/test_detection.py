"""Boxes and masks against a COCO file: figures against a slow and obvious reference, and files that are wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import InputError
from core.evaluation.detection import DetectionReport, evaluate
from core.evaluation.truth import read_truth
from core.jobs import Job
from core.pictures import encode_png
from core.settings import Limits
from core.types.arrays import digest
from core.types.boxes import Box, Proposals
from core.types.image import ImageAsset
from tests.fakes import FakeDetector, FakeSegmenter, Objects, default_thresholds

WIDTH, HEIGHT = 60, 40
Json = dict[str, Any]


def pixels(number: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), 10 + number, np.uint8)


class SeesPictures(FakeDetector):
    """Finds other objects in each of the numbered pictures."""

    def __init__(self, found: Mapping[int, Objects], unknown: Sequence[str] = ()) -> None:
        super().__init__((), unknown)
        self.found = {digest(pixels(number)): objects for number, objects in found.items()}

    def propose(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
        self.objects = tuple(self.found.get(image.digest, ()))
        return super().propose(image, phrases, job)


def annotation(picture: int, category: int, box: Box, **more: Any) -> Json:
    x0, y0, x1, y1 = box
    return {"image_id": picture, "category_id": category, "bbox": [x0, y0, x1 - x0, y1 - y0], **more}


def truth_file(folder: Path, annotations: Sequence[Json], names: Sequence[str], pictures: int = 1) -> Path:
    images = []
    for number in range(pictures):
        (folder / f"{number}.png").write_bytes(encode_png(pixels(number)))
        images.append({"id": number, "file_name": f"{number}.png", "width": WIDTH, "height": HEIGHT})
    numbered = [{"id": n, **a} for n, a in enumerate(annotations)]
    categories = [{"id": n, "name": name} for n, name in enumerate(names)]
    file = folder / "truth.json"
    file.write_text(json.dumps({"images": images, "annotations": numbered, "categories": categories}))
    return file


def scored(folder: Path, file: Path, detector: FakeDetector, **changes: Any) -> DetectionReport:
    thresholds = default_thresholds().with_(**changes)
    return evaluate(folder, read_truth(file), detector, FakeSegmenter(), thresholds, Limits(), Job())


def iou(a: Box, b: Box) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(0.0, width) * max(0.0, height)
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def slow_ap50(found: Mapping[int, Objects], annotations: Sequence[Json], names: Sequence[str]) -> float:
    """Average precision at IoU .50 by its definition: greedy matching, the envelope of precision, 101 recalls."""
    values = []
    for category, name in enumerate(names):
        true = {
            picture: [
                (x, y, x + w, y + h)
                for a in annotations
                if a["image_id"] == picture and a["category_id"] == category
                for x, y, w, h in [a["bbox"]]
            ]
            for picture in found
        }
        rows = sorted(
            ((s, p, b) for p, objects in found.items() for n, b, s in objects if n == name), key=lambda r: -r[0]
        )
        used: set[tuple[int, int]] = set()
        hits = []
        for _, picture, box in rows:
            free = [(iou(box, t), n) for n, t in enumerate(true[picture]) if (picture, n) not in used]
            best = max(free, default=(0.0, -1))
            hits.append(best[0] >= 0.5)
            if hits[-1]:
                used.add((picture, best[1]))
        right = np.cumsum(hits)
        recall = right / sum(map(len, true.values()))
        precision = right / (np.arange(len(hits)) + 1)
        steps = [precision[recall >= r].max(initial=0.0) for r in np.linspace(0, 1, 101)]
        values.append(float(np.mean(steps)))
    return float(np.mean(values))


@pytest.mark.parametrize("seed", range(4))
def test_ap50_is_what_its_definition_gives(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    names, annotations, found = ("cat", "dog"), [], {}
    for picture in range(4):
        objects = []
        for category, name in enumerate(names):
            for column in range(3):
                if random.random() < 0.3:
                    continue
                x, y = 20.0 * column, 20.0 * category
                box = (x, y, x + 16, y + 16)
                annotations.append(annotation(picture, category, box))
                move = float(random.integers(0, 12))
                if random.random() < 0.8:
                    objects.append((name, (x + move, y, x + 16 + move, y + 16), float(random.uniform(0.05, 1))))
                if random.random() < 0.3:
                    wrong = names[1 - category]
                    objects.append((wrong, (x, y + 2.0, x + 10, y + 19), float(random.uniform(0.05, 1))))
        found[picture] = objects
    file = truth_file(tmp_path, annotations, names, pictures=4)
    report = scored(tmp_path, file, SeesPictures(found), nms_iou=1.0)
    assert report.ap50 == pytest.approx(slow_ap50(found, annotations, names), abs=1e-6)
    assert 0 < report.ap <= report.ap50 < 1  # type: ignore[operator]


LEFT: Box = (0.0, 0.0, 20.0, 20.0)
RIGHT: Box = (30.0, 0.0, 50.0, 20.0)
LOW: Box = (30.0, 22.0, 50.0, 38.0)


def test_precision_and_recall_hold_at_the_thresholds_of_a_listing(tmp_path: Path) -> None:
    file = truth_file(tmp_path, [annotation(0, 0, LEFT), annotation(0, 0, RIGHT)], ("cat",))
    found = {0: (("cat", LEFT, 0.9), ("cat", RIGHT, 0.3), ("cat", LOW, 0.5))}
    report = scored(tmp_path, file, SeesPictures(found))
    assert (report.precision, report.recall, report.f1) == (0.5, 0.5, 0.5), ".30 is below .40"
    assert report.objects == 2
    low = scored(tmp_path, file, SeesPictures(found), listed={"class": 0.2})
    assert (low.precision, low.recall) == (pytest.approx(2 / 3), 1.0)
    assert low.f1 == pytest.approx(0.8)
    assert report.ap50 == low.ap50 == pytest.approx((51 + 50 * 2 / 3) / 101), "AP knows no threshold"
    (cat,) = low.categories
    assert (cat.name, cat.objects, cat.recall) == ("cat", 2, 1.0)


def test_a_double_is_suppressed_as_in_every_turn(tmp_path: Path) -> None:
    file = truth_file(tmp_path, [annotation(0, 0, LEFT), annotation(0, 0, RIGHT)], ("cat",))
    found = {0: (("cat", LEFT, 0.9), ("cat", (1.0, 0.0, 21.0, 20.0), 0.8), ("cat", RIGHT, 0.7))}
    assert scored(tmp_path, file, SeesPictures(found)).ap50 == pytest.approx(1.0)
    assert scored(tmp_path, file, SeesPictures(found), nms_iou=1.0).ap50 < 0.9  # type: ignore[operator]


def test_crowds_are_neither_right_nor_wrong_and_have_no_masks(tmp_path: Path) -> None:
    outline = [[30, 0, 50, 0, 50, 20, 30, 20]]
    crowd = annotation(0, 0, RIGHT, iscrowd=1, segmentation=outline)
    file = truth_file(tmp_path, [annotation(0, 0, LEFT), crowd], ("cat",))
    found = {0: (("cat", LEFT, 0.9), ("cat", RIGHT, 0.95))}
    report = scored(tmp_path, file, SeesPictures(found))
    assert (report.ap50, report.precision, report.recall, report.objects) == (pytest.approx(1.0), 1.0, 1.0, 1)
    assert (report.mask_iou, report.masks) == (None, 0)


def test_the_first_annotation_counts_though_its_id_is_0(tmp_path: Path) -> None:
    """pycocotools itself takes a match with the id 0 for none."""
    file = truth_file(tmp_path, [annotation(0, 0, LEFT)], ("cat",))
    assert json.loads(file.read_text())["annotations"][0]["id"] == 0
    assert scored(tmp_path, file, SeesPictures({0: (("cat", LEFT, 0.9),)})).recall == 1.0


def test_what_the_detector_does_not_know_is_named_and_does_not_count(tmp_path: Path) -> None:
    file = truth_file(tmp_path, [annotation(0, 0, LEFT), annotation(0, 1, RIGHT)], ("cat", "unicorn"))
    found = {0: (("cat", LEFT, 0.9),)}
    report = scored(tmp_path, file, SeesPictures(found, unknown=["unicorn"]))
    assert [name for name, _ in report.not_evaluated] == ["unicorn"]
    assert report.not_evaluated[0][1]
    assert (report.ap50, report.recall, report.objects) == (pytest.approx(1.0), 1.0, 1)
    nothing = scored(tmp_path, file, SeesPictures(found, unknown=["cat", "unicorn"]))
    assert (nothing.ap, nothing.ap50, nothing.objects) == (None, None, 0)


def test_two_categories_that_the_detector_cannot_tell_apart(tmp_path: Path) -> None:
    file = truth_file(tmp_path, [annotation(0, 0, LEFT), annotation(0, 1, RIGHT)], ("cat", "wild cat"))
    report = scored(tmp_path, file, SeesPictures({0: (("cat", LEFT, 0.9),)}))
    assert [(name, "'cat'" in why) for name, why in report.not_evaluated] == [("wild cat", True)]


def test_nothing_found_at_all_scores_0(tmp_path: Path) -> None:
    file = truth_file(tmp_path, [annotation(0, 0, LEFT)], ("cat",))
    report = scored(tmp_path, file, SeesPictures({}))
    assert (report.ap, report.ap50, report.precision, report.recall, report.f1) == (0.0, 0.0, 0.0, 0.0, 0.0)


def test_masks_are_cut_from_the_true_boxes_and_compared_pixel_by_pixel(tmp_path: Path) -> None:
    """The fake fills the box: a polygon of the box gives 1, of its left half 1/2, run lengths of all of it 1."""
    whole = [[0, 0, 20, 0, 20, 20, 0, 20]]
    half = [[30, 0, 40, 0, 40, 20, 30, 20]]
    full = {"size": [HEIGHT, WIDTH], "counts": [30 * HEIGHT, 20, *[20, 20] * 19, 20 + 10 * HEIGHT]}
    annotations = [
        annotation(0, 0, LEFT, segmentation=whole),
        annotation(0, 0, RIGHT, segmentation=half),
        annotation(0, 0, RIGHT, segmentation=full),
        annotation(0, 0, LOW),
        annotation(0, 1, LEFT, segmentation=whole),  # of a category that the detector does not know
    ]
    file = truth_file(tmp_path, annotations, ("cat", "unicorn"))
    report = scored(tmp_path, file, SeesPictures({}, unknown=["unicorn"]))
    assert report.masks == 4
    assert report.mask_iou == pytest.approx((1 + 0.5 + 1 + 1) / 4, abs=0.01)


def test_progress_is_told_and_stop_stops(tmp_path: Path) -> None:
    file = truth_file(tmp_path, [annotation(0, 0, LEFT)], ("cat",), pictures=3)
    told: list[float | None] = []
    arguments = (tmp_path, read_truth(file), SeesPictures({}), FakeSegmenter(), default_thresholds(), Limits())
    evaluate(*arguments, Job(lambda fraction, text: told.append(fraction)))
    assert told[-1] == 1.0
    assert {0.0, 1 / 3, 2 / 3} <= set(told)


def damaged(change: Callable[[Json], Any]) -> Callable[[Path], None]:
    def apply(file: Path) -> None:
        data = json.loads(file.read_text())
        change(data)
        file.write_text(json.dumps(data))

    return apply


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda file: file.unlink(), "cannot be read"),
        (lambda file: file.write_text("{"), "not JSON"),
        (lambda file: file.write_bytes(b"\xff\xfe\x00"), "not JSON"),
        (lambda file: file.write_text("[]"), "no list 'images'"),
        (damaged(lambda d: d.update(annotations={})), "no list 'annotations'"),
        (damaged(lambda d: d.update(categories=[1])), "no list 'categories'"),
        (damaged(lambda d: d.update(annotations=[])), "no object"),
        (damaged(lambda d: d["annotations"][0].update(iscrowd=1)), "no object"),
        (damaged(lambda d: d["images"].append(d["images"][0])), "comes twice in images"),
        (damaged(lambda d: d["annotations"].append(d["annotations"][0])), "annotation 0 comes twice"),
        (damaged(lambda d: d["categories"].append({"id": 9, "name": "cat"})), "category 'cat' comes twice"),
        (damaged(lambda d: d["categories"][0].pop("name")), "no 'name'"),
        (damaged(lambda d: d["images"][0].update(id="a")), "not a whole number"),
        (damaged(lambda d: d["annotations"][0].update(image_id=7)), "image_id 7"),
        (damaged(lambda d: d["annotations"][0].update(category_id=[0])), "category_id"),
        (damaged(lambda d: d["annotations"][0].pop("bbox")), "no 'bbox'"),
        (damaged(lambda d: d["annotations"][0].update(bbox=[1, 2, 3])), "not [x, y, width, height]"),
        (damaged(lambda d: d["annotations"][0].update(bbox=[1, 2, 0, 3])), "no area"),
        (damaged(lambda d: d["annotations"][0].update(bbox=[1, 2, float("nan"), 3])), "no area"),
        (damaged(lambda d: d["annotations"][0].update(segmentation={"a": 1})), "segmentation"),
        (damaged(lambda d: d["images"][0].update(file_name="none.png")), "none.png is missing"),
        (damaged(lambda d: d["images"][0].update(file_name="../outside.png")), "outside"),
        (damaged(lambda d: d["images"][0].update(file_name="truth.json")), "truth.json"),
        (damaged(lambda d: d["images"][0].update(width=61)), "60 x 40"),
    ],
)
def test_files_that_are_wrong_say_what_is_wrong(tmp_path: Path, damage: Callable[[Path], None], says: str) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (tmp_path / "outside.png").write_bytes(encode_png(pixels(0)))
    file = truth_file(folder, [annotation(0, 0, LEFT, segmentation=[[0, 0, 20, 0, 20, 20]])], ("cat",))
    damage(file)
    with pytest.raises(InputError) as caught:
        scored(folder, file, SeesPictures({}))
    assert says in caught.value.message
    assert caught.value.remedy
