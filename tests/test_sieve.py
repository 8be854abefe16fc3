"""What becomes of every box: against a slow reference that follows the words, and what the sweep relies on."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core import geometry
from core.policy import select
from core.sieve import FATES, Fate, Sieved, sieve
from core.types.boxes import Basis, Proposals
from core.types.engine import EngineInfo
from core.types.thresholds import Thresholds

SIZE = (100, 100)
SHARES = st.floats(0, 1).map(lambda v: round(v, 2))


@st.composite
def measured(draw: st.DrawFn, worded: bool | None = None) -> Proposals:
    """Up to a dozen boxes on a coarse grid, so that many overlap and many scores are equal."""
    count, phrases = draw(st.integers(0, 12)), draw(st.integers(1, 3))
    corners = draw(
        st.lists(st.tuples(*[st.integers(0, 6)] * 2, *[st.integers(1, 6)] * 2), min_size=count, max_size=count)
    )
    boxes = np.array([(10 * x, 10 * y, 10 * (x + w), 10 * (y + h)) for x, y, w, h in corners], np.float32).reshape(
        -1, 4
    )
    scores = draw(st.lists(st.lists(SHARES, min_size=phrases, max_size=phrases), min_size=count, max_size=count))
    grid = np.array(scores, np.float32).reshape(count, phrases)
    captions = ("a .", "b .") if (draw(st.booleans()) if worded is None else worded) else ()
    bump = np.array(draw(st.lists(SHARES, min_size=count, max_size=count)), np.float32)
    return Proposals(
        tuple("abc"[:phrases]), boxes, grid, (Basis.PHRASE,) * count, ("",) * count,
        tuple(draw(st.lists(st.integers(0, 1), min_size=count, max_size=count))),
        (EngineInfo("one"), EngineInfo("two")),
        peaks=np.maximum(grid.max(1, initial=0), bump) if captions else None, captions=captions,
    )  # fmt: skip


NUMBERS = st.builds(
    Thresholds, box=SHARES, text=SHARES, nms_iou=st.sampled_from([0.0, 0.3, 0.5, 0.6, 1.0]),
    min_area=st.sampled_from([0.0, 0.04, 0.1]), top_k=st.sampled_from([None, 1, 2]),
    phrase=st.dictionaries(st.sampled_from("ab"), SHARES, max_size=1),
)  # fmt: skip


def reference(p: Proposals, t: Thresholds) -> dict[int, tuple[str, int]]:
    """Row -> fate and rival, one box after the other, best first."""
    done: dict[int, tuple[str, int]] = {}
    best = {r: int(np.argmax(p.scores[r])) for r in range(len(p))}
    order = sorted(range(len(p)), key=lambda r: (-float(p.box_scores[r]), r))
    kept: list[int] = []
    for r in order:
        phrase, own = p.phrases[best[r]], float(p.scores[r, best[r]])
        x0, y0, x1, y1 = (float(v) for v in p.boxes[r])
        if own <= 0:
            done[r] = (Fate.SILENT, -1)
        elif float(p.box_scores[r]) < t.for_box(p.basis[r], phrase):
            done[r] = (Fate.SCORE, -1)
        elif p.worded[r] and own < t.words:
            done[r] = (Fate.TEXT, -1)
        elif (x1 - x0) * (y1 - y0) / 10_000 < t.min_area:
            done[r] = (Fate.AREA, -1)
        else:
            rivals = [k for k in kept if best[k] == best[r] and overlap(p, k, r) > t.nms_iou]
            if rivals:
                done[r] = (Fate.DOUBLE, rivals[0])
            else:
                kept.append(r)
    for r in kept:
        apart = [k for k in kept if k not in done and order.index(k) < order.index(r)]
        rivals = [k for k in apart if p.worded[r] and p.passes[k] != p.passes[r] and overlap(p, k, r) >= t.nms_iou]
        if rivals:
            done[r] = (Fate.DOUBLE, rivals[0])
    numbers = dict.fromkeys(range(3), 0)
    for r in kept:
        if r not in done:
            numbers[best[r]] += 1
            done[r] = (Fate.SURPLUS if t.top_k and numbers[best[r]] > t.top_k else Fate.CHOSEN, -1)
    return done


def overlap(p: Proposals, a: int, b: int) -> float:
    return float(geometry.iou([p.boxes[a]], [p.boxes[b]])[0, 0])


def fates(sieved: Sieved) -> dict[int, tuple[str, int]]:
    return {r: (FATES[f], int(k)) for r, (f, k) in enumerate(zip(sieved.fate, sieved.rival, strict=True))}


@given(measured(), NUMBERS)
def test_every_box_has_the_fate_that_the_words_say(proposals: Proposals, numbers: Thresholds) -> None:
    assert fates(sieve(proposals, numbers, SIZE)) == reference(proposals, numbers)


@given(measured(), NUMBERS, SHARES)
def test_a_higher_box_threshold_only_takes_the_boxes_below_it(
    proposals: Proposals, numbers: Thresholds, higher: float
) -> None:
    numbers = numbers.with_(phrase={})
    everything = sieve(proposals, numbers.with_(box=0.0), SIZE)
    some = sieve(proposals, numbers.with_(box=higher), SIZE)
    assert np.array_equal(some.chosen, everything.chosen & (everything.score >= higher))


@given(measured(), NUMBERS)
def test_what_is_selected_is_what_is_chosen(proposals: Proposals, numbers: Thresholds) -> None:
    detections = select(proposals, numbers, SIZE)
    assert sorted(d.index for d in detections.items) == np.flatnonzero(sieve(proposals, numbers, SIZE).chosen).tolist()
    for miss in detections.misses:
        assert (
            miss.detection is not None and FATES[sieve(proposals, numbers, SIZE).fate[miss.detection.index]] == miss.why
        )


def test_at_most_so_many_of_one_phrase_the_best_first() -> None:
    boxes = np.array([[0, 0, 9, 9], [20, 0, 29, 9], [40, 0, 49, 9]], np.float32)
    scores = np.array([[0.5], [0.9], [0.7]], np.float32)
    two = Proposals(("cat",), boxes, scores, (Basis.CLASS,) * 3, ("",) * 3, (0,) * 3, (EngineInfo("one"),))
    found = select(two, Thresholds(box=0.1, top_k=2), SIZE)
    assert [round(d.score, 1) for d in found.items] == [0.9, 0.7]
    assert [(m.why, round(m.score, 1)) for m in found.misses] == [("top_k", 0.5)]
