"""What was found, what was nearly found, and what no recogniser covers: said plainly, each with a way on."""

from __future__ import annotations

from core import geometry
from core.generation.phrasing import count, listing, percent, score, singular
from core.types.boxes import Basis, NearestMiss, Reading
from core.types.scene import Scene, SceneObject
from core.types.turn import Action

# What a reader must know of each recogniser, with the figures measured for it.
BASIS_NOTES = {
    Basis.FACE: "Faces: the built-in detector misses about half, most of all small or turned ones.",
    Basis.PLACE: "Judged by colour, smoothness and place: three of ten such claims are wrong.",
    Basis.TEXT: "Read by character recognition; small, faint or handwritten text is missed.",
}


def found_line(verb: str, group: tuple[SceneObject, ...], scene: Scene) -> str:
    """ "Outlined 1 cat (.47, at the center, 34 % of the picture, brown .71)"."""
    first = group[0]
    details = [f"score {score(first.detection.score)}"] if first.detection.basis != Basis.USER else ["marked by you"]
    if len(group) > 1:
        by_hand = sum(o.detection.basis == Basis.USER for o in group)
        details[0] = f"{by_hand} marked by you" if by_hand else f"best {details[0]}"
    else:
        details.append(place_of(first, scene))
        if first.mask:
            details.append(f"{percent(first.mask.area / (scene.image.width * scene.image.height))} of the picture")
    checks = [f"{name} {score(value)}" for name, value in first.detection.checks.items()]
    amount = count(len(group), first.detection.phrase)
    return f"{verb} {amount} ({', '.join(details + checks)})".strip()


def place_of(o: SceneObject, scene: Scene) -> str:
    """ "in the center", "at the top left"."""
    where = geometry.place([o.detection.box], scene.image.width, scene.image.height)
    return "in the center" if where == "center" else f"at the {where}"


def missing_lines(scene: Scene) -> tuple[list[str], list[Action]]:
    """A sentence for each covered phrase of which nothing passed: the nearest miss is always said."""
    present = {o.detection.phrase for o in scene.objects}
    lines: list[str] = []
    actions: list[Action] = []
    for reading in scene.readings:
        if reading.phrase in present or not reading.covered:
            continue
        misses = [m for m in scene.misses if m.phrase == reading.phrase]
        twin = _twin(reading, scene, present)
        if twin and not any(m.why in ("colour", "filter") for m in misses):
            lines.append(f"I cannot tell '{reading.phrase}' from '{twin}': both are taken as '{reading.name}'.")
            continue
        line, action = _miss_line(reading, misses, scene)
        lines.append(line)
        actions += action
    return lines, actions


def _twin(reading: Reading, scene: Scene, present: set[str]) -> str:
    return next((r.phrase for r in scene.readings if r.phrase in present and r.name == reading.name), "")


def _miss_line(reading: Reading, misses: list[NearestMiss], scene: Scene) -> tuple[str, list[Action]]:
    phrase = singular(reading.phrase)
    best = max(misses, key=lambda m: (m.why != "score", m.score), default=None)
    draw = Action("draw_box", "Draw a box")
    if best is None:
        return f"No {phrase} found, and nothing comes near.", [draw]
    if best.why == "colour" and best.detection is not None:
        checks = listing([f"{name} is only {score(value)} of it" for name, value in best.detection.checks.items()])
        return f"No {phrase}: there is a candidate, but {checks}.", [Action("colour", "Show it anyway", best.score)]
    if best.why == "filter":
        return f"No {phrase} stands at that place in the order; fewer were found.", [Action("unfilter", "Show all")]
    if best.why == "area":
        return f"No {phrase} is large enough; the best candidate is smaller than the minimum area.", []
    if best.why == "text":
        line = f"No {phrase} found: the best candidate's words score {score(best.score)}, and {score(best.threshold)}"
        return f"{line} is needed.", [Action("text", f"Show it ({score(best.score)})", best.score), draw]
    limit = scene.thresholds.get(reading.phrase, best.threshold)
    text = f"No {phrase} found at {score(limit)}; the best candidate scores {score(best.score)}."
    return text, [Action("threshold", f"Show it ({score(best.score)})", best.score), draw]


def uncovered_lines(scene: Scene) -> tuple[list[str], list[Action]]:
    """Phrases that no recogniser covers: nothing is guessed; the region that stands out is only offered."""
    present = {o.detection.phrase for o in scene.objects}
    unknown = [r for r in scene.readings if not r.covered and r.phrase not in present]
    if not unknown:
        return [], []
    names = listing([f"'{r.phrase}'" for r in unknown])
    notes = "; ".join(dict.fromkeys(r.note for r in unknown if r.note))
    actions = [Action("draw_box", "Draw a box")]
    text = f"I cannot recognise {names}: {notes}." if notes else f"I cannot recognise {names}."
    if scene.suggestions:
        text += (
            " The dashed region merely stands out; in tests it was the thing asked for in 1 of 6 cases. Take it, or"
            " draw a box: a mask can be cut from any box."
        )
        actions.insert(0, Action("take", "Take the dashed region", scene.suggestions[0].box))
    else:
        text += " Draw a box around it: a mask can be cut from any box."
    return [text], actions


def basis_notes(scene: Scene) -> list[str]:
    """What must be known of the recognisers that found something, each once."""
    notes = [BASIS_NOTES[o.detection.basis] for o in scene.objects if o.detection.basis in BASIS_NOTES]
    taken = [f"{_sentence(o.detection.note)}" for o in scene.objects if o.detection.note]
    return list(dict.fromkeys([*taken, *notes]))


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
