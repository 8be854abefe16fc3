"""One form of a turn, in plain JSON types: for `--json`, the manifest and the zip.

The order of keys and rows never depends on chance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields
from enum import Enum
from typing import Any

import numpy as np

from core.codec_speech import transcript_to_json
from core.policy_speech import heard
from core.types.boxes import Detection, Detections, NearestMiss, Proposals, Reading, Suggestion
from core.types.language import Keywords, Phrase
from core.types.masks import Mask, MaskSet
from core.types.picture import PictureRef
from core.types.record import Record, Result
from core.types.reference import Reference
from core.types.thresholds import Thresholds
from core.types.turn import Status, Turn

SCORE_DIGITS, PIXEL_DIGITS, MS_DIGITS = 4, 2, 1
WORST_FIRST = (Status.FAILED, Status.STOPPED, Status.ASKED, Status.DONE)
OF_A_PICTURE = ("detections", "misses", "suggestions", "references", "failures", "passes")  # tell their picture
JOINED = ("acts", "phrases", "readings", "actions", "user_boxes", "excluded_boxes", "warnings", "pictures")

Json = dict[str, Any]


def turn_to_json(turn: Turn, files: Mapping[str, str] | None = None) -> Json:
    """Everything said, measured and chosen in one turn. `files`: what was written of it, name -> path.

    Boxes are xyxy pixels of the upright picture; numbers that are none (NaN, infinite) become null.
    """
    return {
        "id": turn.id,
        "text": turn.text,
        "status": str(turn.status),
        "image_digest": turn.image_digest,
        "intent": _intent(turn),
        "acts": [{"intent": str(a.intent), "text": a.text, "phrases": list(a.phrases)} for a in turn.acts],
        "phrases": [phrase.text for phrase in turn.keywords.phrases] if turn.keywords else [],
        "keywords": keywords_to_json(turn.keywords) if turn.keywords else None,
        "readings": [_reading(reading) for reading in turn.proposals.readings] if turn.proposals else [],
        "detections": detections_to_json(turn.detections, turn.masks),
        "misses": [_miss(miss) for miss in turn.detections.misses],
        "suggestions": [_suggestion(suggestion) for suggestion in turn.suggestions],
        "references": [_reference(reference) for reference in turn.references],
        "transcript": _transcript(turn),
        "answer": turn.answer.text,
        "actions": [{"kind": a.kind, "label": a.label, "value": plain(a.value)} for a in turn.answer.actions],
        "edited": turn.edited.digest if turn.edited else None,
        "user_boxes": [_box(box) for box in turn.user_boxes],
        "excluded_boxes": [_box(box) for box in turn.excluded],
        "thresholds": thresholds_to_json(turn.thresholds),
        "engines": plain(turn.engines),
        "passes": _passes(turn.proposals) if turn.proposals else [],
        "timings_ms": {stage: _number(ms, MS_DIGITS) for stage, ms in turn.timings_ms.items()},
        "files": dict(files or {}),
        "warnings": list(turn.warnings),
        "failures": [
            {"stage": f.stage, "kind": f.kind, "message": f.message, "remedy": f.remedy, "instead": f.instead}
            for f in turn.failures
        ],
    }


def record_to_json(
    record: Record,
    pictures: Sequence[PictureRef] = (),
    files: Mapping[str, str] | None = None,
    in_force: Sequence[Result] | None = None,
) -> Json:
    """One request: the form of `turn_to_json`, with the pictures that it is about and the picture's number in each row.

    pictures: all of the chat; numbers count from 1 in it. files: what was written, name -> path. in_force: the results
    whose objects hold after the request (None: its own). Several results become one: the worst status, the answers
    with their pictures' names, the rows of all; what is of the request (intent, keywords, thresholds) is the first's.
    """
    numbers = {picture.digest: number for number, picture in enumerate(pictures, 1)}
    rows = [_result(result, numbers, len(record.results) > 1) for result in record.results]
    if not rows:
        raise ValueError("a record without results has no form")
    told = rows[0] if len(rows) == 1 else _as_one(rows, record)
    told["files"] = dict(files or {})
    if in_force is not None:
        told["detections"] = [
            row
            for result in in_force
            for row in _numbered(
                detections_to_json(result.turn.detections, result.turn.masks), _number_of(result, numbers)
            )
        ]
    return told


def _result(result: Result, numbers: Mapping[str, int], named: bool) -> Json:
    """named: its picture's name stands before every sentence."""
    told, number, picture = turn_to_json(result.turn), _number_of(result, numbers), result.picture
    for key in OF_A_PICTURE:
        told[key] = _numbered(told[key], number)
    told["edited"] = told["edited"] or (result.edited.digest if result.edited else None)
    told["pictures"] = [] if picture is None else [{**picture_to_json(picture, number), "edited": told["edited"]}]
    if named and picture is not None:
        told["answer"] = f"{picture.name}: {told['answer']}"
        told["warnings"] = [f"{picture.name}: {warning}" for warning in told["warnings"]]
    return told


def picture_to_json(picture: PictureRef, number: int | None) -> Json:
    """A picture of a chat, without its pixels."""
    return {
        "number": number,
        "name": picture.name,
        "digest": picture.digest,
        "width": picture.width,
        "height": picture.height,
    }


def _as_one(rows: Sequence[Json], record: Record) -> Json:
    told = dict(rows[0])
    for key in (*OF_A_PICTURE, *JOINED):
        told[key] = [item for row in rows for item in row[key]]
    for key in ("acts", "phrases", "actions"):  # the same request: mostly the same for every picture
        told[key] = [item for n, item in enumerate(told[key]) if item not in told[key][:n]]
    stages = dict.fromkeys(stage for row in rows for stage in row["timings_ms"])
    return {
        **told,
        "id": record.id,
        "text": record.text,
        "status": str(next(status for status in WORST_FIRST if any(row["status"] == status for row in rows))),
        "image_digest": "",
        "answer": "\n".join(row["answer"] for row in rows),
        "edited": next((row["edited"] for row in rows if row["edited"]), None),
        "engines": {port: name for row in reversed(rows) for port, name in row["engines"].items()},
        "timings_ms": {s: round(sum(row["timings_ms"].get(s) or 0.0 for row in rows), MS_DIGITS) for s in stages},
    }


def _number_of(result: Result, numbers: Mapping[str, int]) -> int | None:
    return numbers.get(result.picture.digest) if result.picture else None


def _numbered(rows: Sequence[Json], number: int | None) -> list[Json]:
    return [{**row, "picture": number} for row in rows]


def _transcript(turn: Turn) -> Json | None:
    found = turn.transcript
    return None if found is None else transcript_to_json(found, heard(found, turn.thresholds))


def _reference(reference: Reference) -> Json:
    return {
        "words": reference.words,
        "operation": str(reference.operation),
        "meaning": reference.meaning,
        "objects": list(reference.objects),
        "phrases": list(reference.phrases),
        "turn": reference.turn,
    }


def _intent(turn: Turn) -> Json:
    decision, prediction = turn.decision, turn.prediction
    return {
        "label": str(turn.intent) if turn.intent else None,
        "score": _number(decision.score, SCORE_DIGITS) if decision else None,
        "scores": {str(i): _number(s, SCORE_DIGITS) for i, s in prediction.ranked()} if prediction else {},
        "options": [str(option) for option in decision.options] if decision else [],
        "reason": decision.reason if decision else "",
        "engine": prediction.engine if prediction else "",
        "note": prediction.note if prediction else "",
    }


def keywords_to_json(keywords: Keywords) -> Json:
    """Phrases kept, and everything else that was read from the text."""
    return {
        "phrases": [_phrase(phrase) for phrase in keywords.phrases],
        "context": list(keywords.context),
        "excluded": list(keywords.excluded),
        "dropped": [{"words": words, "reason": reason} for words, reason in keywords.dropped],
        "everything": keywords.everything,
        "refers_back": keywords.refers_back,
        "replacement": keywords.replacement,
        "method": keywords.method,
        "engine": keywords.engine,
        "scores": [{"words": words, "score": _number(score, SCORE_DIGITS)} for words, score in keywords.scores],
    }


def _phrase(phrase: Phrase) -> Json:
    filters = [{"kind": str(f.kind), "value": f.value, "number": f.number} for f in phrase.filters]
    return {"text": phrase.text, "head": phrase.head, "colours": list(phrase.colours), "filters": filters}


def _reading(reading: Reading) -> Json:
    return {
        "phrase": reading.phrase,
        "covered": reading.covered,
        "name": reading.name,
        "note": reading.note,
        "exact": reading.exact,
    }


def detections_to_json(detections: Detections, masks: MaskSet) -> list[Json]:
    """One row an object, numbered from 1 as in the overlay and every export; no mask: its fields are null."""
    rows = []
    for index, detection in enumerate(detections.items):
        mask = mask_of(masks, index)
        row = _detection(index + 1, detection)
        row["mask_area"] = mask.area if mask else None
        row["mask_stability"] = _number(mask.stability, SCORE_DIGITS) if mask else None
        row["mask_note"] = masks.notes[index] if mask and index < len(masks.notes) else ""
        rows.append(row)
    return rows


def mask_of(masks: MaskSet, index: int) -> Mask | None:
    """Detection `index`'s mask, or None where none was cut."""
    return masks.items[index] if index < len(masks.items) and masks.items[index].area else None


def _detection(number: int, detection: Detection) -> Json:
    return {
        "number": number,
        "phrase": detection.phrase,
        "basis": str(detection.basis),
        "checks": {name: _number(value, SCORE_DIGITS) for name, value in detection.checks.items()},
        "score": _number(detection.score, SCORE_DIGITS),
        "box": _box(detection.box),
        "engine": detection.engine.name,
        "engine_version": detection.engine.version,
        "note": detection.note,
        "label": detection.label,
        "alternatives": [{"phrase": p, "score": _number(s, SCORE_DIGITS)} for p, s in detection.alternatives],
    }


def _miss(miss: NearestMiss) -> Json:
    return {
        "phrase": miss.phrase,
        "box": _box(miss.box),
        "score": _number(miss.score, SCORE_DIGITS),
        "threshold": _number(miss.threshold, SCORE_DIGITS),
        "why": miss.why,
        "label": miss.detection.label if miss.detection else "",
    }


def _passes(proposals: Proposals) -> list[Json]:
    """What was asked of a detector that reads a caption: scores of one caption are not those of another."""
    pairs = dict.fromkeys(zip(proposals.engines, proposals.captions, strict=True))
    return [{"engine": e.name, "version": e.version, "caption": caption} for e, caption in pairs if caption]


def _suggestion(suggestion: Suggestion) -> Json:
    return {"phrase": suggestion.phrase, "box": _box(suggestion.box), "score": _number(suggestion.score, SCORE_DIGITS)}


def thresholds_to_json(thresholds: Thresholds) -> Json:
    """Every number that chose."""
    return {field.name: plain(getattr(thresholds, field.name)) for field in fields(thresholds)}


def plain(value: Any) -> Any:
    """`value` in JSON's own types: mappings, sequences and numpy scalars inside too; anything else as its `str`."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    if isinstance(value, Set):
        return sorted((plain(item) for item in value), key=str)
    return str(value)


def _number(value: float, digits: int) -> float | None:
    return round(float(value), digits) if math.isfinite(value) else None


def _box(box: Sequence[float]) -> list[float | None]:
    return [_number(edge, PIXEL_DIGITS) for edge in box]
