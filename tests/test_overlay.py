"""The overlay: what was found stands out, in its own colour, at the size asked for, and the rest stays as it was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core import geometry, overlay
from core.overlay import PALETTE, Layers, colour_of, draw, label_text
from core.types.boxes import Basis, Detection, Detections, Suggestion
from core.types.engine import EngineInfo
from core.types.image import ImageAsset
from core.types.masks import Mask, MaskSet
from tests.formats.turns import LARGE, PICTURE, finished

NOTHING = Layers(masks=False, boxes=False, labels=False)


def drawn(layers: Layers, max_side: int | None = None) -> np.ndarray:
    turn = finished()
    return draw(PICTURE, turn.detections, turn.masks, layers, max_side)


def changed(layers: Layers) -> np.ndarray:
    return np.asarray((drawn(layers) != PICTURE.pixels).any(2))


def test_without_layers_the_picture_is_untouched() -> None:
    assert np.array_equal(drawn(NOTHING), PICTURE.pixels)
    assert not np.shares_memory(drawn(NOTHING), PICTURE.pixels)


def test_a_mask_tints_its_own_pixels_only() -> None:
    cat, dog = finished().masks.items
    tinted = changed(Layers(boxes=False, labels=False))
    covered = cat.full() | dog.full()
    assert tinted[covered].mean() > 0.95
    far = np.ones_like(covered)
    far[5:75, 5:105] = False
    assert not tinted[far].any()


def test_a_box_is_drawn_on_its_edge_in_the_objects_colour() -> None:
    canvas = drawn(Layers(masks=False, labels=False))
    edge = canvas[40, int(LARGE[0]) - 3 : int(LARGE[0]) + 4].astype(int)
    assert (np.abs(edge - np.array(colour_of(1))).sum(1) < 60).any()
    assert np.array_equal(canvas[40, 30], PICTURE.pixels[40, 30])


def test_a_suggestion_is_dashed_and_has_no_name() -> None:
    layers = Layers(False, False, False, (Suggestion((20.0, 20.0, 80.0, 60.0), 0.9),))
    row = drawn(layers)[20, 20:80]
    assert (row != PICTURE.pixels[20, 20:80]).any(1).mean() > 0.5
    assert len(np.unique(row, axis=0)) > 1 and (np.diff(row.astype(int).sum(1)) != 0).sum() >= 4  # light, dark, light


def test_it_is_drawn_at_the_size_asked_for() -> None:
    assert drawn(Layers(), 60).shape == (40, 60, 3)
    assert drawn(Layers(), 5000).shape == PICTURE.pixels.shape  # never enlarged


@pytest.mark.parametrize("box", [(0.0, 0.0, 120.0, 80.0), (110.0, 70.0, 120.0, 80.0), (-40.0, -40.0, 5.0, 5.0)])
def test_labels_stay_inside_at_every_edge(box: tuple[float, float, float, float]) -> None:
    found = Detection(box, "très grande chaise 🪑 日本", 0.5, Basis.CLASS, EngineInfo("fake"))
    canvas = draw(PICTURE, Detections((found,)), MaskSet(), Layers(masks=False, boxes=False))
    assert canvas.shape == PICTURE.pixels.shape
    assert (canvas != PICTURE.pixels).any()


def test_a_label_says_number_phrase_and_score() -> None:
    found = Detection((0.0, 0.0, 1.0, 1.0), "brown  dog", 0.714, Basis.CLASS, EngineInfo("fake"))
    assert label_text(1, found) == "1 brown dog .71"
    by_hand = Detection((0.0, 0.0, 1.0, 1.0), "x" * 99, 1.0, Basis.USER, EngineInfo("user"))
    assert label_text(2, by_hand).startswith("2 xxx") and len(label_text(2, by_hand)) < 40


def test_colours_are_distinct_and_come_round_again() -> None:
    assert len(set(PALETTE)) == len(PALETTE)
    assert colour_of(1) == colour_of(1 + len(PALETTE))


def test_a_picture_of_eight_pixels_and_many_objects_is_drawn() -> None:
    tiny = ImageAsset.of(np.zeros((8, 8, 3), np.uint8))
    items = tuple(Detection((0.0, 0.0, 8.0, 8.0), "dot", 0.5, Basis.CLASS, EngineInfo("fake")) for _ in range(30))
    masks = MaskSet(tuple(Mask.of(np.ones((8, 8), bool)) for _ in items))
    assert draw(tiny, Detections(items), masks, Layers()).shape == (8, 8, 3)


def test_on_a_smaller_canvas_a_mask_lies_where_it_lies_in_the_picture() -> None:
    image = ImageAsset.of(np.full((600, 900, 3), 40, np.uint8))
    bits = np.zeros((600, 900), bool)
    bits[101:402, 303:707] = True
    bits[101:250, 303:500] = False
    found = Detection((303.0, 101.0, 707.0, 402.0), "cat", 0.5, Basis.CLASS, EngineInfo("fake"))
    layers = Layers(boxes=False, labels=False)
    canvas = draw(image, Detections((found,)), MaskSet((Mask.of(bits),)), layers, 300)
    tinted = (canvas != 40).any(2)
    want = bits.reshape(200, 3, 300, 3).mean((1, 3)) > 0.5
    assert not tinted[~geometry.dilate(want, 3)].any()  # the outline is three pixels wide
    assert tinted[~geometry.dilate(~want, 3)].all()


def test_while_one_object_is_highlighted_the_others_step_back() -> None:
    layers = [Layers(boxes=False, labels=False, highlight=number) for number in (None, 1, 2)]
    plain, first, second = (drawn(layer).astype(int)[40, 30] for layer in layers)  # on object 1 alone
    untouched = PICTURE.pixels[40, 30].astype(int)
    assert np.array_equal(plain, first)
    assert 0 < np.abs(second - untouched).sum() < np.abs(first - untouched).sum()


def plates(canvas: np.ndarray, colours: int) -> list[np.ndarray]:
    """For each number, the pixels that carry exactly its colour: with labels alone, its plate."""
    return [(canvas == np.array(colour_of(n))).all(2) for n in range(1, colours + 1)]


def test_labels_of_one_place_do_not_cover_each_other() -> None:
    image = ImageAsset.of(np.full((400, 600, 3), 128, np.uint8))
    kind = (Basis.CLASS, EngineInfo("fake"))
    alone, together = [], tuple(Detection((200.0, 150.0, 420.0, 300.0), "person", 0.5, *kind) for _ in range(6))
    layers = Layers(masks=False, boxes=False)
    for number in range(6):
        blank = (Detection((0.0, 0.0, 1.0, 1.0), "", 0.5, *kind),) * number
        canvas = draw(image, Detections((*blank, together[number])), MaskSet(), layers)
        alone.append(int(plates(canvas, 6)[number].sum()))
    seen = [int(plate.sum()) for plate in plates(draw(image, Detections(together), MaskSet(), layers), 6)]
    assert seen == alone


@pytest.mark.parametrize("word", ["Straßenlampe", "śnieżny", "έλατο", "мяч", "größer"])
def test_words_of_other_alphabets_have_glyphs(word: str) -> None:
    assert all(overlay._has_glyph(character) for character in word)
    assert not overlay._has_glyph("犬")  # left out of the label rather than drawn as an empty box


def test_eight_threads_draw_the_same() -> None:
    layers = Layers(suggestions=(Suggestion((20.0, 20.0, 80.0, 60.0), 0.9),))
    alone = drawn(layers)
    with ThreadPoolExecutor(8) as pool:
        assert all(np.array_equal(alone, canvas) for canvas in pool.map(lambda _: drawn(layers), range(24)))
