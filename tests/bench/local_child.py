"""One way of running the local models, timed in a process of its own: python -m tests.bench.local_child WAY FOLDER.

Ways: "ours"; "library", the libraries' own calls on the same weights; "demo", as a page does that loads every model for
every message. Prints one JSON object: milliseconds (`_ms`), of both cores' time (`_cpu_ms`), and megabytes.
"""

from __future__ import annotations

import importlib
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.dialogue.choose import choose
from core.memo import Memo, RememberingDetector, RememberingSegmenter
from core.overlay import Layers, draw
from core.pictures import encode_jpeg
from core.policy import select
from core.types.boxes import Box, Proposals
from core.types.image import ImageAsset
from core.types.language import Keywords, Phrase
from core.types.masks import MaskLogits, Prompt
from core.types.thresholds import Thresholds

PASSES, CHANGES, MORE_BOXES, STOPS = 3, 40, 7, 3
SCREEN_SIDE = 1460  # of `pages.shared.canvas`, which would bring Streamlit into the figures
WIDTH, HEIGHT, LARGE = 1066, 800, (4000, 3000)
FIRST, LATER = ("brown dog", "red ball"), ("sofa",)
OBJECTS = 4


class Clock:
    """Wall and CPU times by name; the medians of each."""

    def __init__(self) -> None:
        self.wall: dict[str, list[float]] = {}
        self.cpu: dict[str, list[float]] = {}

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall.setdefault(name, []).append((time.perf_counter() - wall) * 1000)
        self.cpu.setdefault(name, []).append((time.process_time() - cpu) * 1000)

    def figures(self) -> dict[str, float]:
        medians = {f"{name}_ms": statistics.median(values) for name, values in self.wall.items()}
        return medians | {f"{name}_cpu_ms": statistics.median(values) for name, values in self.cpu.items()}


def picture(seed: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> ImageAsset:
    """A photograph, enlarged; each seed another digest."""
    from tests.bench.pictures import resized, sample

    return resized(sample("astronaut"), *size, seed)


def library(folder: Path, clock: Clock) -> dict[str, float]:
    """`load_model` and `predict` of groundingdino, `SamPredictor` of segment-anything."""
    import torch
    from groundingdino.util.inference import load_image, predict
    from PIL import Image
    from segment_anything import SamPredictor, sam_model_registry

    from tests.bench.full_size import library_grounding_dino

    with clock.time("load_detector"):
        model = library_grounding_dino(folder / "bert", folder / "dino.pth")
    with clock.time("load_segmenter"):
        predictor = SamPredictor(sam_model_registry["vit_b"](checkpoint=str(folder / "sam.pth")))
    boxes = torch.tensor([[10.0, 10.0, 400.0, 400.0], [300.0, 100.0, 900.0, 700.0]])
    for run in range(PASSES):
        image, file = picture(run), folder / f"library-{run}.png"
        Image.fromarray(image.pixels).save(file)
        with clock.time("pass"):
            _, tensor = load_image(str(file))
            predict(model, tensor, ". ".join(FIRST), 0.35, 0.25, device="cpu")
        with clock.time("encode"):
            predictor.set_image(image.pixels)
        with clock.time("two_boxes"):
            moved = predictor.transform.apply_boxes_torch(boxes, image.pixels.shape[:2])
            predictor.predict_torch(None, None, moved, multimask_output=False)
    return {}


def demo(folder: Path, clock: Clock) -> dict[str, float]:
    """Both models loaded anew for a message, and for the next."""
    with clock.time("message"):
        message(folder)
    return {}


def message(folder: Path) -> None:
    import torch
    from groundingdino.util.inference import load_image, predict
    from PIL import Image
    from segment_anything import SamPredictor, sam_model_registry

    from tests.bench.full_size import library_grounding_dino

    image, file = picture(0), folder / "demo.png"
    Image.fromarray(image.pixels).save(file)
    model = library_grounding_dino(folder / "bert", folder / "dino.pth")
    _, tensor = load_image(str(file))
    predict(model, tensor, FIRST[0], 0.5, 0.4, device="cpu")
    predictor = SamPredictor(sam_model_registry["vit_b"](checkpoint=str(folder / "sam.pth")))
    predictor.set_image(image.pixels)
    boxes = torch.tensor([[10.0, 10.0, 400.0, 400.0]])
    moved = predictor.transform.apply_boxes_torch(boxes, image.pixels.shape[:2])
    predictor.predict_torch(None, None, moved, multimask_output=False)


def imported() -> None:
    """What the libraries' own way has imported before its clock starts."""
    for name in ("torch", "groundingdino.util.inference", "transformers", "segment_anything"):
        importlib.import_module(name)


def adapters(folder: Path) -> tuple[Any, Any]:
    """Grounding DINO and Segment Anything as the settings build them."""
    from core.detection.grounding_dino import GroundingDino
    from core.registry import EngineContext
    from core.segmentation.sam import SegmentAnything
    from core.settings import ASSETS

    context = EngineContext(folder, ASSETS)
    dino = GroundingDino(context, str(folder / "dino.pth"), "cpu", text_encoder=str(folder / "bert"))
    return dino, SegmentAnything(context, str(folder / "sam.pth"), "cpu")


def given_back(folder: Path, clock: Clock) -> dict[str, float]:
    """Ours where freed memory goes back at once: what `keep_memory` alone is worth."""
    from core.jobs import Job

    dino, sam = adapters(folder)
    for run in range(PASSES):
        with clock.time("pass"):
            dino.propose(picture(run), FIRST, Job())
        with clock.time("encode"):
            sam.encode(picture(run), Job())
    return {}


def ours(folder: Path, clock: Clock) -> dict[str, float]:
    """The adapters, as a turn uses them."""
    from core.jobs import Job
    from core.shared_models import memory

    dino, sam = adapters(folder)
    memo = Memo(256_000_000)
    detector, segmenter = RememberingDetector(dino, memo), RememberingSegmenter(sam, memo)
    job = Job()
    imported()
    with clock.time("load_detector"):
        dino.model.get(job)
    with clock.time("load_segmenter"):
        sam.model.get(job)
    prompts = (Prompt((10, 10, 400, 400)), Prompt((300, 100, 900, 700)))
    for run in range(PASSES):
        image = picture(run)
        with clock.time("preview"):
            detector.preview(image, FIRST, job)
        with clock.time("pass"):
            detector.propose(image, FIRST, job)
        with clock.time("encode"):
            sam.encode(image, job)
        with clock.time("two_boxes"):
            segmenter.segment(image, prompts, job)
    with clock.time("second_request"):
        detector.propose(image, FIRST, job)
        segmenter.segment(image, prompts, job)
    with clock.time("phrase_added"):
        detector.propose(image, LATER, job)
        segmenter.segment(image, (Prompt((500, 300, 700, 600)),), job)
    peak = peak_mb()
    memory.trim()
    resting = memory.resident() or 0
    sliders(detector, segmenter, clock, job)
    return stops(dino, sam, job) | {"turn_peak_mb": peak, "between_turns_mb": resting / 1e6}


def sliders(detector: Any, segmenter: Any, clock: Clock, job: Any) -> None:
    """What follows a slider and a further box at 12 megapixels, to the overlay as JPEG at screen size.

    Twice: with logits shaped like objects, and, as the worst case, with those of the random decoder, which are noise
    over the whole picture.
    """
    image = picture(99, LARGE)
    proposals = detector.propose(image, FIRST, job)
    loose = Thresholds(box=0.0, text=0.0, mask_cut=0.5)
    found = sorted(select(proposals, loose, LARGE).items, key=lambda d: -d.score)[:OBJECTS]
    noise = {p.digest: segmenter.segment(image, (p,), job) for p in (Prompt(detection.box) for detection in found)}
    shaped = {Prompt(d.box).digest: shaped_like(d.box, noise[Prompt(d.box).digest]) for d in found}
    scores = [detection.score for detection in found]
    for name, bank in (("", shaped), ("noise_", noise)):
        show = Overlay(image, proposals, bank)
        show(loose)
        for change in range(CHANGES):
            with clock.time(f"{name}slider_box"):
                show(loose.with_(box=scores[change % OBJECTS]))
        for change in range(CHANGES):
            with clock.time(f"{name}slider_mask"):
                show(loose.with_(mask_cut=0.3 + 0.4 * change / CHANGES))
    show = Overlay(image, proposals, shaped)
    show(loose)
    for number in range(MORE_BOXES):
        edge = 300.0 + 40 * number
        box = (edge, edge, edge + 900, edge + 700)
        with clock.time("extra_box"):
            show.bank[Prompt(box).digest] = segmenter.segment(image, (Prompt(box),), job)
            show(loose, (box,))


def shaped_like(box: Box, logits: MaskLogits) -> MaskLogits:
    """Logits of an ellipse in the box with a rough edge, in place of the random decoder's."""
    cells = logits.logits.shape[-1]
    (sx, _, _), (_, sy, _) = logits.maps[0]
    x, y = np.meshgrid(np.arange(cells), np.arange(cells))
    across = (x - (box[0] + box[2]) / 2 * sx) / max((box[2] - box[0]) / 2 * sx, 1)
    down = (y - (box[1] + box[3]) / 2 * sy) / max((box[3] - box[1]) / 2 * sy, 1)
    rough = np.random.default_rng(0).normal(0, 0.5, x.shape)
    values = np.clip(8 - 8 * (across**2 + down**2), -20, 8) + rough
    return replace(logits, logits=np.broadcast_to(values, logits.logits.shape).astype(np.float32))


class Overlay:
    """From thresholds to the overlay's JPEG, as a page has it from what was measured."""

    def __init__(self, image: ImageAsset, proposals: Proposals, bank: dict[str, MaskLogits]) -> None:
        self.image, self.proposals, self.bank = image, proposals, bank
        self.memo = Memo(256_000_000)
        self.keywords = Keywords(tuple(Phrase(phrase) for phrase in FIRST))

    def __call__(self, thresholds: Thresholds, drawn: tuple[Box, ...] = ()) -> None:
        chosen = choose(
            self.image, self.proposals, self.keywords, thresholds, self.bank, self.memo, OBJECTS, user_boxes=drawn
        )  # fmt: skip
        encode_jpeg(draw(self.image, chosen.detections, chosen.masks, Layers(), SCREEN_SIDE))


def stops(dino: Any, sam: Any, job: Any) -> dict[str, float]:
    """Seconds from Stop in the middle of a pass until the worker is free, and until the page is told."""
    from core.jobs import Job, Worker

    worker = Worker()
    uses: dict[str, Callable[[Job, int], object]] = {
        "detector": lambda inner, run: dino.propose(picture(200 + run), FIRST, inner),
        "segmenter": lambda inner, run: sam.encode(picture(300 + run), inner),
    }
    figures = {}
    for name, use in uses.items():
        delays = []
        for run in range(STOPS):

            def work(inner: Job, use: Any = use, run: int = run) -> Iterator[object]:
                yield use(inner, run)

            handle = worker.submit("bench", work)
            time.sleep(1.5 + 0.7 * run)
            began = time.perf_counter()
            handle.cancel()
            handle.wait(60)
            delays.append((time.perf_counter() - began) * 1000)
        figures[f"stop_to_worker_{name}_ms"] = statistics.median(delays)
        figures[f"stop_to_worker_{name}_worst_ms"] = max(delays)
    return figures


WAYS = {"ours": ours, "given_back": given_back, "library": library, "demo": demo}
KEEPS = {"ours": True, "given_back": False}  # `[local] keep_memory`; the libraries' own ways know nothing of it


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    way, folder = sys.argv[1], Path(sys.argv[2])
    if way in KEEPS:
        from core.shared_models.placement import torch_for
        from core.types.runtime import Runtime

        torch_for(Runtime(keep_memory=KEEPS[way]))
    clock = Clock()
    more = WAYS[way](folder, clock)
    print(json.dumps(clock.figures() | more | {"peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
