"""Enlarging only where an object can be: bit for bit the libraries' own call, and nothing is lost outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core import masking
from core.segmentation import enlarge as module
from core.segmentation.enlarge import enlarge
from core.types.engine import EngineInfo
from core.types.masks import Frame, MaskLogits

torch = pytest.importorskip("torch", reason="the large models' libraries are not installed")


def library(grid: np.ndarray, frame: Frame, picture: tuple[int, int]) -> np.ndarray:
    """`postprocess_masks` of segment-anything (`post_process_masks` of transformers), in its own words."""
    masks = torch.from_numpy(grid)[None, None]
    if frame.side != len(grid):  # SAM 2 enlarges once
        masks = torch.nn.functional.interpolate(masks, (frame.side, frame.side), mode="bilinear", align_corners=False)
    masks = masks[..., : frame.part[1], : frame.part[0]]
    size = (picture[1], picture[0])
    return np.asarray(torch.nn.functional.interpolate(masks, size, mode="bilinear", align_corners=False)[0, 0])


def blob(cells: int, x: float, y: float, radius: float, seed: int = 0, rough: float = 0.0) -> np.ndarray:
    """Logits of a disc, in shares of the grid; positive inside."""
    rows, columns = np.mgrid[:cells, :cells] / cells
    noise = np.random.default_rng(seed).normal(size=(cells, cells)) * rough
    return ((radius - np.hypot(columns - x, rows - y)) * 40 + noise).astype(np.float32)


def padded(width: int, height: int, side: int) -> Frame:
    scale = side / max(width, height)
    return Frame(side, (max(1, int(width * scale + 0.5)), max(1, int(height * scale + 0.5))))


def check(grid: np.ndarray, frame: Frame, level: float, picture: tuple[int, int]) -> float:
    """Equal inside the region, below the level outside; the region's share of the picture."""
    want = library(grid, frame, picture)
    got, (x, y) = enlarge(grid, frame, level, picture)
    inside = (slice(y, y + got.shape[0]), slice(x, x + got.shape[1]))
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, want[inside])
    outside = want.copy()
    outside[inside] = -np.inf
    assert not (outside >= level).any() or level == -np.inf
    return got.size / want.size


PICTURES = [
    *[(4000, 3000), (1600, 1200), (1024, 1024), (640, 480), (481, 641), (97, 1501), (2001, 33), (130, 120), (64, 64)],
    *[(65, 64), (9, 8), (1, 1), (200, 1), (300, 17), (17, 300)],
]


@pytest.mark.parametrize("picture", PICTURES, ids=str)
def test_every_size_equals_the_library_bit_for_bit(picture: tuple[int, int]) -> None:
    for side, cells in ((1024, 256), (256, 64)):
        for frame in (padded(*picture, side), Frame(cells, (cells, cells))):
            right, bottom = (part / frame.side for part in frame.part)
            for n, (x, y, radius) in enumerate(((0.5, 0.5, 0.1), (0.02, 0.9, 0.2), (0.97, 0.3, 0.02), (0.5, 0.5, 2))):
                check(blob(cells, x * right, y * bottom, radius, n, rough=0.3), frame, 0.4, picture)


def test_many_random_grids_levels_and_sizes() -> None:
    random = np.random.default_rng(3)
    for turn in range(150):
        width, height = (int(v) for v in random.integers(8, 1200 if turn % 3 == 0 else 300, 2))
        cells, side = ((64, 256), (256, 1024), (17, 64))[turn % 3]
        frame = Frame(cells, (cells, cells)) if turn % 4 == 0 else padded(width, height, side)
        x, y, radius = random.random(3) * (1, 1, 0.3)
        grid = blob(cells, x, y, radius, turn, rough=float(random.choice([0, 0.5]))) * np.float32(
            random.choice([1e-3, 1, 30])
        )
        level = float(random.choice([0, float(grid.max()), float(np.quantile(grid, 0.95)), 2.0]))
        check(grid, frame, level, (width, height))


def test_a_small_object_takes_a_small_region() -> None:
    picture = (1600, 1200)
    frame = padded(*picture, 1024)
    assert check(blob(256, 0.4, 0.3, 0.05), frame, 0.0, picture) < 0.03
    assert check(blob(256, 0.4, 0.3, 0.05), frame, -np.inf, picture) == 1.0
    nothing, origin = enlarge(blob(256, 0.4, 0.3, 0.05), frame, 50.0, picture)
    assert nothing.size == 0 and origin == (0, 0)
    below_the_picture = blob(256, 0.5, 0.95, 0.1)  # in the padding of a wide picture
    assert enlarge(below_the_picture, frame, 0.0, picture)[0].size == 0


def test_flat_logits_at_the_level_are_not_lost_to_rounding() -> None:
    """A mean of equal numbers may come out a little above them, and then reach a level that none of them reaches."""
    above = 0
    for cells, value, picture in (
        (64, 6.7701945304870605, (53, 60)), (64, 0.0009739844244904816, (174, 129)),
        (16, 6.546648979187012, (276, 146)), (16, 5.2322797775268555, (13, 61)), (16, -0.8472978, (333, 201)),
    ):  # fmt: skip
        flat, frame = np.full((cells, cells), value, np.float32), padded(*picture, 64)
        level = library(flat, frame, picture).max()
        check(flat, frame, float(level), picture)
        above += bool(level > flat[0, 0])
    assert above > 2


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_logits_that_are_no_numbers_change_nothing_around_them(odd: float) -> None:
    grid = blob(64, 0.5, 0.3, 0.1)
    grid[20, 30] = odd
    frame = padded(300, 200, 256)
    got, (x, y) = enlarge(grid, frame, 0.0, (300, 200))
    want = library(grid, frame, (300, 200))[y : y + got.shape[0], x : x + got.shape[1]]
    np.testing.assert_array_equal(got, want)


def test_both_ways_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two passes where they pay; one call for a tiny picture (another kernel) and a full one."""
    taken: list[bool] = []
    before = module._pays

    def pays(*given: Any) -> bool:
        taken.append(before(*given))
        return taken[-1]

    monkeypatch.setattr(module, "_pays", pays)
    check(blob(256, 0.4, 0.3, 0.05), padded(1600, 1200, 1024), 0.0, (1600, 1200))
    check(blob(256, 0.4, 0.3, 0.05), padded(60, 60, 1024), 0.0, (60, 60))
    check(blob(256, 0.4, 0.3, 5.0), padded(1600, 1200, 1024), 0.0, (1600, 1200))
    assert taken == [True, False, False]


def test_a_mask_is_cut_from_the_candidate_that_counts() -> None:
    picture = (640, 480)
    grids = np.stack([blob(64, x, 0.3, 0.1) for x in (0.2, 0.4, 0.6, 0.8)])
    for ambiguous, want in ((False, 0), (True, 2)):
        frame = Frame(256, (256, 192), ambiguous)
        logits = MaskLogits(
            grids[None], np.array([[0.9, 0.3, 0.8, 0.5]]), np.eye(2, 3)[None], np.array([[0, 0, *picture]]),
            (EngineInfo("test"),), ("",), (frame,),
        )  # fmt: skip
        for cut in (0.2, 0.5, 0.9):
            level = float(np.log(cut / (1 - cut)))
            mask = masking.cut_mask(logits, 0, cut, picture)
            np.testing.assert_array_equal(mask.full(), library(grids[want], frame, picture) >= level)
