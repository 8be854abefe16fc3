"""A turn as text for people: the answer, the table of objects, and why."""

from __future__ import annotations

from collections.abc import Mapping

from core.cli.console import table
from core.formats.table import rows
from core.types.boxes import Basis
from core.types.language import Keywords
from core.types.turn import Turn

TOP_INTENTS, MOST_MISSES = 3, 5


def summary(turn: Turn, size: tuple[int, int], written: Mapping[str, str]) -> str:
    """Several lines without the last line's end; `size` is the picture's (width, height)."""
    parts = [turn.answer.text] if turn.answer.text else []
    parts += [f"  * {action.label}" for action in turn.answer.actions]
    if turn.detections.items:
        parts += ["", objects(turn, size)]
    parts += ["", *trace(turn)]
    parts += [f"warning     {warning}" for warning in turn.warnings]
    parts += [f"wrote       {path}" for path in written.values()]
    return "\n".join(parts).strip("\n")


def objects(turn: Turn, size: tuple[int, int]) -> str:
    """The table of objects."""
    head = ("#", "phrase", "basis", "score", "checks", "box", "px", "%", "position", "engine")
    lines = [
        (
            str(row["number"]), str(row["phrase"]), str(row["basis"]), f"{row['score']:.2f}", str(row["checks"]),
            ",".join(f"{row[edge]:.0f}" for edge in ("x0", "y0", "x1", "y1")),
            "" if row["area_px"] is None else str(row["area_px"]),
            "" if row["area_percent"] is None else f"{row['area_percent']:.1f}",
            str(row["position"]), str(row["engine"]),
        )
        for row in rows(turn.detections, turn.masks, size)
    ]  # fmt: skip
    return table(head, lines, ("#", "score", "px", "%"))


def trace(turn: Turn) -> list[str]:
    """How it came to that."""
    lines = [f"status      {turn.status}"]
    if turn.prediction is not None:
        top = ", ".join(f"{intent} {score:.2f}" for intent, score in turn.prediction.ranked()[:TOP_INTENTS])
        why = f" ({turn.decision.reason})" if turn.decision is not None and turn.decision.reason else ""
        lines.append(f"intent      {top}{why}")
    if len(turn.acts) > 1:
        lines.append("acts        " + "; ".join(f"{act.intent}: {act.text}" for act in turn.acts))
    if turn.keywords is not None:
        lines.append(f"phrases     {phrases(turn.keywords)}")
    if turn.proposals is not None:
        lines.append(f"thresholds  {thresholds(turn)}")
    nearest = sorted(turn.detections.misses, key=lambda miss: miss.threshold - miss.score)[:MOST_MISSES]
    if nearest:
        told = (f"{m.phrase} {m.score:.2f} under {m.threshold:.2f} ({m.why})" for m in nearest)
        lines.append(f"missed      {', '.join(told)}")
    if turn.engines:
        lines.append("engines     " + ", ".join(f"{port} {name}" for port, name in turn.engines.items()))
    if turn.timings_ms:
        lines.append("ms          " + ", ".join(f"{stage} {ms:.0f}" for stage, ms in turn.timings_ms.items()))
    return lines


def phrases(keywords: Keywords) -> str:
    """What was kept of the text, and what was not."""
    kept = ", ".join(phrase.text for phrase in keywords.phrases) or ("everything" if keywords.everything else "none")
    more = {
        "context": ", ".join(keywords.context),
        "left out": ", ".join(keywords.excluded),
        "dropped": ", ".join(f"{words} ({reason})" for words, reason in keywords.dropped),
    }
    return "; ".join([kept, *(f"{name}: {value}" for name, value in more.items() if value)])


def thresholds(turn: Turn) -> str:
    """Those that held for the boxes of this turn."""
    assert turn.proposals is not None
    limits = {
        f"{basis} {turn.thresholds.for_box(basis, phrase, turn.proposals.listed):.2f}"
        for basis in turn.proposals.basis or (Basis.CLASS,)
        for phrase in turn.proposals.phrases
    }
    numbers = turn.thresholds
    return ", ".join([*sorted(limits), f"mask {numbers.mask_cut:.2f}", f"overlap {numbers.nms_iou:.2f}"])
