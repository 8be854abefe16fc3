"""Which of some objects a selector picks; where several fit alike, or none does, that is what comes back."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.colours import canonical
from core.dialogue.choose import colour_shares
from core.dialogue.naming import joined, ranked, same_noun, singular
from core.dialogue.shown import Context, Item
from core.types.language import Filter, FilterKind
from core.types.masks import Mask
from core.types.reference import Selector

SAME_PLACE = 0.02  # of the picture's side: centres nearer than this are one place
SAME_SIZE = 0.02  # areas that differ by less are alike
CLEARLY = 2.0  # times the share of a colour of the next best: that one is meant
LARGE = ("largest", "tallest", "widest", "longest")  # the size words that ask for most of their measure
NO_MASKS = "Colours are measured on an object's own pixels, and there is no outline yet."


@dataclass(frozen=True)
class Pick:
    """found: what is meant. Where it is not clear, found is empty, trouble says why, candidates are to choose from.

    unmeasured: it needs masks that are not there.
    """

    found: tuple[Item, ...] = ()
    trouble: str = ""
    candidates: tuple[Item, ...] = ()
    unmeasured: bool = False


def pick(selector: Selector, items: Sequence[Item], context: Context) -> Pick:
    """The objects among `items` that numbers, noun, colours and filters of a selector leave."""
    if selector.numbers:
        known = {item.number: item for item in items}
        missing = [n for n in selector.numbers if n not in known]
        if missing:
            return Pick((), f"There is no object {joined([str(n) for n in missing])}: {_have(items)}.", tuple(items))
        numbered = tuple(known[n] for n in selector.numbers)
        if not selector.filters:
            return Pick(numbered)
        more = pick(replace(selector, numbers=()), items, context)
        return more if not more.found else Pick(tuple(dict.fromkeys((*numbered, *more.found))))
    group = of_kind(selector.phrase, items)
    if not group:
        return Pick((), f"None of the objects is known as {selector.phrase}.", tuple(items))
    if len(group) > 1 and not selector.filters and not any(_is_named(item, selector.phrase) for item in group):
        return Pick((), f"Which of them is a {selector.phrase} was not measured.", group)
    if selector.colours:
        coloured = _by_colour(selector, group, context)
        if not coloured.found:
            return coloured
        group = coloured.found
    return _filtered(selector, group, context.size)


def fits(item: Item, noun: str) -> bool:
    """Whether an object is one of what a noun names: by its phrase, or by the detector's own name for it."""
    return (
        not noun or same_noun(noun, item.phrase) or bool(item.detection.label and same_noun(noun, item.detection.label))
    )


def of_kind(noun: str, items: Sequence[Item]) -> tuple[Item, ...]:
    """The objects that a noun names; where some are just that, not those that merely end in it ("hot dog")."""
    exact = tuple(item for item in items if _is_named(item, noun) and singular(noun) == singular(item.phrase.lower()))
    return exact or tuple(item for item in items if fits(item, noun))


def _is_named(item: Item, noun: str) -> bool:
    """Whether the noun says no more than what the object is known as."""
    more = len(noun.split())
    return not noun or any(
        more <= len(n.split()) for n in (item.phrase, item.detection.label) if n and same_noun(noun, n)
    )


def _have(items: Sequence[Item]) -> str:
    if not items:
        return "nothing was found"
    return "there is one only" if len(items) == 1 else f"there are {len(items)}"


# -- colours ---------------------------------------------------------------------------------------------------------


def _by_colour(selector: Selector, group: Sequence[Item], context: Context) -> Pick:
    """Objects that carry all of the colours said, else any of them."""
    shares = {item: _shares(item, selector.colours, context) for item in group}
    if any(s is None for s in shares.values()):
        return Pick((), NO_MASKS, tuple(group), unmeasured=True)
    limit = context.base.thresholds.colour
    least = {item: min((s or {}).get(c, 0.0) for c in selector.colours) for item, s in shares.items()}
    found = [item for item in group if least[item] >= limit]
    if found:
        single = Filter(FilterKind.COUNT, "", 1) in selector.filters and len(found) > 1
        first, *rest = sorted(found, key=lambda item: -least[item])
        return Pick((first,)) if single and least[first] >= CLEARLY * least[rest[0]] else Pick(tuple(found))
    found = [i for i in group if max((shares[i] or {}).get(c, 0.0) for c in selector.colours) >= limit]
    what = joined(selector.colours)
    return Pick(tuple(found)) if found else Pick((), f"None of the objects is {what} enough.", tuple(group))


def _shares(item: Item, colours: Sequence[str], context: Context) -> Mapping[str, float] | None:
    """The share of each colour: as checked, as the phrase asked for, or measured on the mask; None without any."""
    asked = {c for word in item.phrase.split() if (c := canonical(word))}
    known = dict.fromkeys(asked, 1.0) | dict(item.detection.checks)
    if all(c in known for c in colours):
        return known
    mask = context.mask_of(item)
    if mask is None or context.image is None:
        return None
    return dict(colour_shares(context.image, mask, context.engines.memo))


# -- side, size, order, number ---------------------------------------------------------------------------------------


def _filtered(selector: Selector, group: tuple[Item, ...], size: tuple[int, int]) -> Pick:
    """What the filters leave: sides first, then size, then place in a row, then how many."""
    count = next((f.number for f in selector.filters if f.kind == FilterKind.COUNT), None)
    sides = [f.value for f in selector.filters if f.kind == FilterKind.SIDE]
    sizes = [f for f in selector.filters if f.kind == FilterKind.SIZE]
    orders = [f for f in selector.filters if f.kind == FilterKind.ORDER]
    if len(group) == 1:
        return Pick(group)
    if sides and sizes:
        group = _half(group, sides, size) or group
    elif sides:
        return _each(sides, lambda chosen: _at_side(group, chosen, count, size))
    if sizes:
        return _merged([_of_size(group, f, count) for f in sizes])
    if orders:
        return _merged([_in_row(group, f, count, size) for f in orders])
    if count and len(group) > count:
        return Pick((), f"{len(group)} of the objects fit that.", group)
    return Pick(group)


def _each(sides: Sequence[str], choose: Callable[[Sequence[str]], Pick]) -> Pick:
    """ "Top left" is one place, "the left and the right one" are two."""
    across = [s for s in sides if s in ("left", "right")]
    down = [s for s in sides if s in ("top", "bottom")]
    if len(sides) == 1 or (len(sides) == 2 and len(across) == len(down) == 1):
        return choose(sides)
    return _merged([choose([side]) for side in sides])


def _merged(picks: Sequence[Pick]) -> Pick:
    """All of several picks; the first that is not clear, where one is not."""
    unclear = next((p for p in picks if not p.found), None)
    return unclear or Pick(tuple(dict.fromkeys(item for p in picks for item in p.found)))


def _centre(item: Item) -> tuple[float, float]:
    x0, y0, x1, y1 = item.detection.box
    return (x0 + x1) / 2, (y0 + y1) / 2


def _side_key(item: Item, sides: Sequence[str], size: tuple[int, int]) -> float:
    """How far an object is from these sides, as a share of the picture."""
    x, y = _centre(item)[0] / max(size[0], 1), _centre(item)[1] / max(size[1], 1)
    keys = {"left": x, "right": 1 - x, "top": y, "bottom": 1 - y, "center": math.hypot(x - 0.5, y - 0.5)}
    return sum(keys[side] for side in sides)


def _at_side(group: tuple[Item, ...], sides: Sequence[str], count: int | None, size: tuple[int, int]) -> Pick:
    if count == 0:
        half = _half(group, sides, size)
        return Pick(half) if half else Pick((), f"None of the objects lies {_said(sides)}.", group)
    if list(sides) == ["center"] and len(group) % 2 and count in (None, 1):
        return _median(group, size)
    ordered = sorted(group, key=lambda item: _side_key(item, sides, size))
    keys = [_side_key(item, sides, size) for item in ordered]
    return _best(ordered, keys, count or 1, lambda a, b: abs(a - b) < SAME_PLACE, f"lie {_said(sides)} alike")


def _said(sides: Sequence[str]) -> str:
    return " ".join(
        f"at the {s}" if s in ("top", "bottom") else "in the middle" if s == "center" else f"on the {s}" for s in sides
    )


def _half(group: Sequence[Item], sides: Sequence[str], size: tuple[int, int]) -> tuple[Item, ...]:
    """The objects whose centres lie in that half of the picture (the middle: the middle third)."""

    def inside(item: Item, side: str) -> bool:
        if side == "center":
            return abs(_centre(item)[0] / max(size[0], 1) - 0.5) <= 1 / 6
        return _side_key(item, [side], size) < 0.5

    return tuple(item for item in group if all(inside(item, side) for side in sides))


def _median(group: tuple[Item, ...], size: tuple[int, int]) -> Pick:
    """The middle one of an odd number, along the way they are spread."""
    xs, ys = [_centre(i)[0] for i in group], [_centre(i)[1] for i in group]
    side = "left" if max(xs) - min(xs) >= max(ys) - min(ys) else "top"
    return _in_row(group, Filter(FilterKind.ORDER, side, len(group) // 2 + 1), None, size)


def _best(
    ordered: Sequence[Item], keys: Sequence[float], count: int, alike: Callable[[float, float], bool], trouble: str
) -> Pick:
    """The first so many, unless the next one is no different from the last of them."""
    if count < len(ordered) and alike(keys[count - 1], keys[count]):
        tied = tuple(i for i, key in zip(ordered, keys, strict=True) if alike(key, keys[count - 1]))
        return Pick((), f"{joined([str(i.number) for i in tied])} {trouble}.", tied)
    return Pick(tuple(ordered[:count]))


def _of_size(group: tuple[Item, ...], chosen: Filter, count: int | None) -> Pick:
    masks = [item.mask for item in group]
    outlined = all(masks)
    areas = [_measure(chosen.value, i, m if outlined else None) for i, m in zip(group, masks, strict=True)]
    down = chosen.value in LARGE
    order = sorted(range(len(group)), key=lambda n: -areas[n] if down else areas[n])
    ordered, keys = [group[n] for n in order], [areas[n] for n in order]

    def alike(a: float, b: float) -> bool:
        return abs(a - b) <= SAME_SIZE * max(a, b)

    if count == 0:
        gaps = [abs(math.log(max(a, 1e-9) / max(b, 1e-9))) for a, b in itertools.pairwise(keys)]
        count = gaps.index(max(gaps)) + 1
    if chosen.number > 1:  # "the second largest"
        return _nth(ordered, keys, chosen.number, alike, "are of one size")
    return _best(ordered, keys, count or 1, alike, "are of one size")


def _measure(value: str, item: Item, mask: Mask | None) -> float:
    """What a size word compares: the box's height or width in pixels, else the area (the mask's where there is one)."""
    x0, y0, x1, y1 = item.detection.box
    if value in ("tallest", "shortest"):
        return y1 - y0
    if value in ("widest", "narrowest"):
        return x1 - x0
    if value == "longest":
        return max(x1 - x0, y1 - y0)
    return float(mask.area) if mask is not None else (x1 - x0) * (y1 - y0)


def overall(chosen: Filter) -> Filter:
    """A size as the policies after detection compare it: of a height or width, that of the whole."""
    if chosen.kind != FilterKind.SIZE:
        return chosen
    return replace(chosen, value="largest" if chosen.value in LARGE else "smallest")


def _in_row(group: tuple[Item, ...], chosen: Filter, count: int | None, size: tuple[int, int]) -> Pick:
    """The n-th from a side; without a side the n-th as shown. "The last two": `count` from the end."""
    if not chosen.value:
        ordered = sorted(group, key=lambda item: item.number)
        if chosen.number == -1 and count and count > 1:
            return Pick(tuple(ordered[-count:]))
        return _nth(ordered, [float(i) for i in range(len(ordered))], chosen.number, lambda a, b: False, "")
    ordered = sorted(group, key=lambda item: _side_key(item, [chosen.value], size))
    keys = [_side_key(item, [chosen.value], size) for item in ordered]
    return _nth(ordered, keys, chosen.number, lambda a, b: abs(a - b) < SAME_PLACE, "stand at one place")


def _nth(
    ordered: Sequence[Item], keys: Sequence[float], number: int, alike: Callable[[float, float], bool], trouble: str
) -> Pick:
    place = number - 1 if number > 0 else len(ordered) + number
    if not 0 <= place < len(ordered):
        return Pick((), f"There is no {ranked(abs(number))} one: {_have(ordered)}.", tuple(ordered))
    tied = tuple(i for i, key in zip(ordered, keys, strict=True) if alike(key, keys[place]))
    if len(tied) > 1:
        return Pick((), f"{joined([str(i.number) for i in tied])} {trouble}.", tied)
    return Pick((ordered[place],))
