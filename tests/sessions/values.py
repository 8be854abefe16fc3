"""Values with every field set, pictures small enough to be many, and whether two values are alike to the last bit."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

from core.settings import SessionSettings, Settings, load_settings
from core.types.boxes import Basis, Detection, Detections, NearestMiss, Proposals, Reading, Suggestion
from core.types.engine import EngineInfo
from core.types.experiment import EngineChoice, Experiment, Outcome, Variant
from core.types.image import ImageAsset
from core.types.language import (
    Filter,
    FilterKind,
    IntentDecision,
    IntentName,
    IntentPrediction,
    Keywords,
    Phrase,
)
from core.types.masks import Mask, MaskLogits, MaskSet, Prompt
from core.types.picture import PictureRef
from core.types.record import Record, Result
from core.types.reference import Adjustments, Keep, Operation, Reference
from core.types.speech import Segment, Transcript, Word
from core.types.thresholds import Thresholds
from core.types.truth import Mark, Marks
from core.types.turn import Act, Action, Answer, Clicked, Failure, Status, Turn, new_id

WIDTH, HEIGHT = 60, 40
INFO = EngineInfo("fake", "1.2", "knows nothing")
BOX = (10.1, 5.3333333333333333, 40.7, 30.25)


def settings_in(folder: Path, **sessions: Any) -> Settings:
    """The tracked settings with their data in this folder; `sessions` replaces single numbers of [sessions]."""
    settings = load_settings(environ={}, local=folder / "none.toml")
    return replace(settings, data_dir=folder, sessions=replace(SessionSettings(), **sessions))


def png(shade: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """A small picture; another shade is another picture."""
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (shade % 256, shade // 256 % 256, 90)).save(stream, "PNG")
    return stream.getvalue()


def noise(seed: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """A picture that no codec makes smaller."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def measured(count: int = 2, cells: int = 8, seed: int = 0) -> tuple[Proposals, dict[str, MaskLogits]]:
    """Proposals and a bank whose numbers have all their bits."""
    rng = np.random.default_rng(seed)
    proposals = Proposals(
        ("cat", "brown dog"), rng.random((count, 4), np.float32) * 40, rng.random((count, 2), np.float32),
        (Basis.CLASS,) * count, ("cat",) * count, (0,) * count, (INFO,),
        (Reading("cat", True, "cat", "taken as 'cat'", False),), (Suggestion(BOX, 0.3, "cat"),), True,
    )  # fmt: skip
    bank = {}
    for _ in range(count):
        box = tuple(float(v) for v in rng.random(4) * 30)
        logits = rng.normal(size=(1, 1, cells, cells)).astype(np.float32)
        bank[Prompt(box=(box[0], box[1], box[2], box[3])).digest] = MaskLogits(
            logits, np.full((1, 1), np.nan, np.float32), rng.random((1, 2, 3)), rng.random((1, 4), np.float32) * 40,
            (INFO,), ("graph cut alone",),
        )  # fmt: skip
    return proposals, bank


def rich_turn(text: str = "cut out the brown dog", image_digest: str = "d" * 64, seed: int = 0) -> Turn:
    """Every field has a value of its own."""
    proposals, bank = measured(seed=seed)
    found = Detection(
        BOX, "brown dog", 0.1 + 0.2, Basis.CLASS, INFO, "dog", 1, (("cat", 1 / 3),), MappingProxyType({"brown": 0.71}),
        "not checked", ((12.5, 13.0, True),), BOX,
    )  # fmt: skip
    bits = np.zeros((HEIGHT, WIDTH), bool)
    bits[7:31, 11:38] = np.random.default_rng(seed).random((24, 27)) > 0.5
    order = {"operation": "grow", "words": "bigger", "amount": 2.5, "phrases": (("dog", 1), ("cat", None))}
    return Turn(
        new_id(), text, Status.DONE,
        Thresholds(by_basis={Basis.FACE: 0.7}, listed={Basis.CLASS: 0.4}, box=0.3, phrase={"dog": 0.2}),
        image_digest=image_digest,
        user_boxes=(BOX,),
        clicked=(Clicked(Prompt(BOX, ((1.5, 2.5, True), (3.0, 4.0, False))), "dog"),),
        references=(Reference("it", Operation.KEEP, "object 1", (1, 2), ("dog",), new_id()),),
        adjustments=Adjustments((Keep(("dog",), (BOX,), (Filter(FilterKind.SIDE, "left"),)),), (BOX,), ((BOX, 3.0),)),
        base=new_id(), undoes=new_id(), excluded=(BOX,),
        prediction=IntentPrediction((0.1, 0.2, 0.3, 0.05, 0.05, 0.1, 0.1, 0.05, 0.05), "fake", "a note"),
        decision=IntentDecision(IntentName.SEGMENT, 0.3, (IntentName.MASK, IntentName.DETECT), "torn"),
        acts=(Act(IntentName.SEGMENT, text, ("brown dog",)), Act(IntentName.ANSWER, "how many")),
        keywords=Keywords(
            (Phrase("brown dog", "dog", ("brown",), (Filter(FilterKind.ORDER, "left", 2),)),), ("sofa",), ("cat",),
            (("it", "a pronoun"),), True, True, "vase", "rules", (Filter(FilterKind.COUNT, "", 2),),
        ),
        proposals=proposals,
        detections=Detections((found,), (NearestMiss("cat", BOX, 0.2, 0.25, "colour", found),)),
        bank=MappingProxyType(bank),
        masks=MaskSet((Mask.of(bits, 1 / 7),), 0.45, ("a note",), (INFO,)),
        suggestions=(Suggestion(BOX, 0.4, "dog"),),
        answer=Answer("I see 1 🐕.", (Action("take", "Take it", BOX), Action("refer", "Bigger", order))),
        filled=("a" * 64,),
        failures=(Failure("segment", "It broke.", "Try again.", "boxes alone", "EngineTimeout"),),
        warnings=("slow",),
        engines=MappingProxyType({"detect": "fake"}),
        timings_ms=MappingProxyType({"detect": 12.345678901234567}),
        transcript=Transcript(
            (Segment(text, 0.1, 2.0, -0.3, 1 / 7, 1.2, -120.0, (Word("cut", 0.1, 1 / 3, 0.9),), 0.15),),
            "en", 2 / 3, "translate", 2.5, INFO, "c" * 64,
        ),
    )  # fmt: skip


def rich_record(picture: PictureRef, edited: PictureRef | None = None, parent: str = "", **more: Any) -> Record:
    """A finished request about one picture."""
    turn = rich_turn(image_digest=picture.digest)
    result = Result(picture, turn, edited, 1.25, 1, 2)
    plain: dict[str, Any] = {"how": "with a box drawn by hand", "steps": ("Looked.", "Found."), "finished": True}
    return Record(
        turn.text, parent=parent, pictures=(picture,), results=(result,), **{**plain, **more}
    )  # fmt: skip


def rich_experiment(*pictures: PictureRef, **more: Any) -> Experiment:
    """Every field has a value of its own; the first picture has marks."""
    numbers = Thresholds({Basis.CLASS: 0.1 + 0.2}, {Basis.FACE: 0.8}, 1 / 3, {"brown dog": 0.2}, 0.4, 5, 0.55, 0.001)
    first = Variant("Its own", Thresholds())
    second = Variant("the article", numbers, EngineChoice("transformers", "a model"), EngineChoice("embedded"))
    marks = Marks((Mark("brown dog", BOX), Mark("cat", (0.0, 0.0, 5.0, 1 / 3), True)), (Mark("cat", BOX),), False)
    outcome = Outcome(
        second.id, ("fake 1.2",), MappingProxyType({"brown dog": 2, "cat": 0}), 3, 2, 1.0, 2 / 3, 0.8, 0.7, 0.9,
        MappingProxyType({"zebra": 1}), 1_700_000_000.5,
    )  # fmt: skip
    plain: dict[str, Any] = {"title": "Dogs 🐕", "created": 1_700_000_000.0}
    return Experiment(
        pictures=pictures, phrases=("brown dog", "cat"), distractors=("zebra",), variants=(first, second),
        marks=MappingProxyType({ref.key: marks for ref in pictures[:1]}), truth="dogs.json, COCO",
        outcomes=MappingProxyType({second.id: outcome}), **{**plain, **more},
    )  # fmt: skip


def made_picture(shade: int = 7) -> ImageAsset:
    """Pixels that were made here."""
    return ImageAsset.of(np.full((HEIGHT, WIDTH, 3), shade, np.uint8), "made")


def differences(a: Any, b: Any, where: str = "") -> list[str]:
    """Where two values differ: types, every field, every bit of an array. A name's new ids are its owner's business."""
    if isinstance(a, np.ndarray):
        same = isinstance(b, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        return [] if same else [f"{where}: {a!r} is not {b!r}"]
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        keys = [] if list(a) == list(b) else [f"{where}: {list(a)} is not {list(b)}"]
        return keys + [d for key in a if key in b for d in differences(a[key], b[key], f"{where}[{key}]")]
    if type(a) is not type(b):
        return [f"{where}: {type(a).__name__} is not {type(b).__name__}"]
    if is_dataclass(a):
        pairs = ((f.name, getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
        return [d for name, x, y in pairs for d in differences(x, y, f"{where}.{name}")]
    if isinstance(a, tuple):
        length = [] if len(a) == len(b) else [f"{where}: {len(a)} and {len(b)} items"]
        return length + [
            d for n, (x, y) in enumerate(zip(a, b, strict=False)) for d in differences(x, y, f"{where}[{n}]")
        ]
    return [] if a == b else [f"{where}: {a!r} is not {b!r}"]
