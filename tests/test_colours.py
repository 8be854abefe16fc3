"""Colour words and colour shares."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.colours import BASIC, canonical, map_of, shares

PURE = {
    "black": (0, 0, 0), "white": (255, 255, 255), "grey": (128, 128, 128), "red": (220, 20, 20),
    "orange": (255, 140, 0), "yellow": (250, 220, 20), "green": (30, 140, 40), "blue": (0, 0, 255),
    "purple": (110, 30, 140), "pink": (255, 130, 180), "brown": (110, 70, 35),
}  # fmt: skip


@pytest.mark.parametrize(("name", "rgb"), PURE.items())
def test_each_basic_colour_is_named(name: str, rgb: tuple[int, int, int]) -> None:
    assert shares(np.full((50, 3), rgb, np.uint8)) == {name: 1.0}


@pytest.mark.parametrize(
    ("word", "basic"),
    [
        ("brown", "brown"), ("Gray", "grey"), ("crimson", "red"), ("dark-blue", "blue"), ("light blue", "blue"),
        ("reddish", "red"), ("bluish", "blue"), ("purplish", "purple"), ("navy", "blue"), ("golden", "yellow"),
        ("schwarze", "black"), ("weißen", "white"), ("grün", "green"), ("dunkelgrün", "green"), ("rouge", "red"),
        ("marrón", "brown"), ("vermelho", "red"), ("azul", "blue"), ("wine-coloured", None), ("table", None),
        ("rose", None), ("goldfish", None), ("radish", None), ("", None), ("hotel", None),
    ],
)  # fmt: skip
def test_words_for_colours(word: str, basic: str | None) -> None:
    assert canonical(word) == basic


def test_shares_sum_to_one_and_lead_with_the_largest() -> None:
    pixels = np.array([PURE["brown"]] * 60 + [PURE["white"]] * 30 + [PURE["green"]] * 10, np.uint8)
    found = shares(pixels)
    assert next(iter(found)) == "brown" and sum(found.values()) == pytest.approx(1)
    assert set(found) == {"brown", "white", "green"}


def test_saturated_pixels_weigh_more_than_plain_ones() -> None:
    found = shares(np.array([PURE["red"]] * 50 + [PURE["grey"]] * 50, np.uint8))
    assert found["red"] > 0.7


def test_no_pixels_have_no_colour() -> None:
    assert shares(np.zeros((0, 3), np.uint8)) == {}


@pytest.mark.parametrize("name", ["red", "blue", "green", "yellow", "brown"])
def test_a_shaded_noisy_surface_keeps_its_colour(name: str) -> None:
    rng = np.random.default_rng(3)
    light = np.linspace(0.75, 1.1, 4000)[:, None]
    pixels = np.clip(np.array(PURE[name]) * light + rng.normal(0, 8, (4000, 3)), 0, 255).astype(np.uint8)
    assert shares(pixels).get(name, 0) > 0.6


def test_map_gives_soft_terms_that_agree_with_shares() -> None:
    picture = np.stack([np.full((4, 5), v, np.uint8) for v in PURE["orange"]], axis=-1)
    terms = map_of(picture)
    assert terms.shape == (4, 5, len(BASIC)) and terms.dtype == np.float32
    assert np.allclose(terms.sum(-1), 1, atol=1e-5)
    assert (terms.argmax(-1) == BASIC.index("orange")).all()


def test_white_things_stay_white_in_warm_light() -> None:
    lab = np.zeros((500, 1, 3), np.float32)
    lab[..., 0], lab[..., 1], lab[..., 2] = np.linspace(72, 92, 500)[:, None], -3, 11
    rgb = (np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1) * 255).astype(np.uint8)
    assert shares(rgb.reshape(-1, 3)).get("white", 0) > 0.9
