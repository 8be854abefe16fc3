"""The eleven basic colour terms (Berlin and Kay 1969): which words name them, and which pixels carry them."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.types.arrays import Bools, Floats, Pixels

Put = Callable[[Bools, str], None]

BASIC = ("black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")

# Other words for them, without accents; English first, then German, French, Spanish and Portuguese with their forms.
# Left out because they are mostly things: rose, cherry, peach, plum, mint, mustard, rust, coral.
_WORDS = {
    "black": "ebony jet-black coal-black schwarz schwarze schwarzen schwarzer schwarzes noir noire noirs noires negro "
    "negra negros negras preto preta pretos pretas",
    "white": "ivory cream off-white snow-white weiss weisse weissen weisser weisses blanc blanche blancs blanches "
    "blanco blanca blancos blancas branco branca brancos brancas",
    "grey": "gray silver silvery charcoal slate ash-grey grau graue grauen grauer graues gris grise grises cinza "
    "cinzento cinzenta cinzentos cinzentas plateado plateada prateado prateada",
    "red": "crimson scarlet maroon burgundy vermilion ruby rot rote roten roter rotes rouge rouges rojo roja rojos "
    "rojas vermelho vermelha vermelhos vermelhas",
    "orange": "ginger amber tangerine orangefarben orangefarbene orangee naranja naranjas anaranjado anaranjada "
    "laranja alaranjado alaranjada",
    "yellow": "golden gold blond blonde lemon-yellow gelb gelbe gelben gelber gelbes jaune jaunes amarillo amarilla "
    "amarillos amarillas amarelo amarela amarelos amarelas",
    "green": "olive lime teal emerald khaki-green gruen grun grune grunen gruner grunes gruene gruenen verte verts "
    "vertes vert verde verdes",
    "blue": "navy turquoise cyan aqua azure cobalt sapphire blau blaue blauen blauer blaues bleu bleue bleus bleues "
    "azul azules azuis celeste turkis",
    "purple": "violet lilac lavender indigo mauve lila violett violette violetten violets violettes morado morada "
    "morados moradas roxo roxa roxos roxas violeta",
    "pink": "magenta fuchsia salmon-pink rosa rosafarben rosado rosada cor-de-rosa",
    "brown": "tan beige bronze copper khaki chestnut hazel sepia taupe braun braune braunen brauner braunes brun brune "
    "bruns brunes marron marrones castanho castanha castanhos castanhas pardo parda",
}  # fmt: skip
_CANONICAL = {word: basic for basic, words in _WORDS.items() for word in (basic, *words.split())}
_SHADE = re.compile(
    r"^(?:(?:very|dark|light|bright|pale|deep|hot|neon|vivid|dull|pastel|sky|royal|forest|blood)[- ]"
    r"|dunkel|hell|knall|himmel|blass)(.+)$"
)
_LIKE = re.compile(r"^(.+?)(?:[- ]?(?:ish|coloured|colored|farben|farbene|farbenen))$")
_DOUBLED = re.compile(r"(.)\1$")  # "reddish" -> "redd" -> "red"

CELLS = 32  # the table's cells along each of R, G and B
CHROMA_FULL, WEIGHT_PLAIN, WEIGHT_VIVID = 60.0, 0.35, 1.5  # people name an object by its saturated part


def canonical(word: str) -> str | None:
    """The basic term that a word names ("crimson", "dark-blue", "reddish", "schwarze"), or None."""
    plain = _plain(word)
    if plain in _CANONICAL:
        return _CANONICAL[plain]
    if shade := _SHADE.match(plain):
        return canonical(shade[1])
    if like := _LIKE.match(plain):
        stem = like[1]
        return next((_CANONICAL[s] for s in (stem, stem + "e", _DOUBLED.sub(r"\1", stem)) if s in _CANONICAL), None)
    return None


def _plain(word: str) -> str:
    word = word.strip().lower().replace("ß", "ss")
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def shares(image_pixels: Pixels) -> dict[str, float]:
    """(N, 3) uint8 sRGB to the share of each colour that occurs, largest first, sum 1; saturated pixels count more."""
    pixels = np.asarray(image_pixels, np.uint8).reshape(-1, 3)
    if not len(pixels):
        return {}
    names, weights, _ = _table()
    cells = _cells(pixels)
    votes = np.bincount(names[cells], weights[cells], len(BASIC))
    total = float(votes.sum())
    return {BASIC[i]: float(votes[i]) / total for i in np.argsort(-votes, kind="stable") if votes[i] > 0}


def map_of(rgb: Pixels) -> Floats:
    """(H, W, 3) uint8 sRGB to (H, W, 11) float32: how far each colour term fits each pixel, in [0, 1], sum 1."""
    soft: Floats = _table()[2][_cells(rgb)]
    return soft


def _cells(rgb: Pixels) -> NDArray[np.int32]:
    parts = (np.asarray(rgb, np.uint8) // (256 // CELLS)).astype(np.int32)
    cells: NDArray[np.int32] = (parts[..., 0] * CELLS + parts[..., 1]) * CELLS + parts[..., 2]
    return cells


@functools.lru_cache(1)
def _table() -> tuple[NDArray[np.uint8], Floats, Floats]:
    """For each cell of the RGB cube: its term, its vote's weight, and its soft terms (the neighbouring cells' mean)."""
    steps = (np.arange(CELLS, dtype=np.float32) + 0.5) / CELLS
    cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 1, 3)
    lab = np.asarray(cv2.cvtColor(cube, cv2.COLOR_RGB2LAB), np.float32).reshape(-1, 3)
    names = name_lab(lab)
    vivid = np.minimum(np.hypot(lab[:, 1], lab[:, 2]), CHROMA_FULL) / CHROMA_FULL
    hard = np.eye(len(BASIC), dtype=np.float32)[names].reshape(CELLS, CELLS, CELLS, -1)
    for axis in range(3):
        wide = np.pad(hard, [(1, 1) if a == axis else (0, 0) for a in range(4)], mode="edge")
        sides = [wide.take(range(i, i + CELLS), axis) for i in range(3)]
        hard = np.asarray(sides[0] / 4 + sides[1] / 2 + sides[2] / 4, np.float32)
    soft = hard.reshape(-1, len(BASIC))
    return names, (WEIGHT_PLAIN + WEIGHT_VIVID * vivid).astype(np.float32), soft


def name_lab(lab: Floats) -> NDArray[np.uint8]:
    """(N, 3) CIE L*a*b* (D65) to (N,) indices into `BASIC`.

    Limits of lightness L, chroma C and hue h (degrees), fitted to two sets at once: the 569 names of the xkcd colour
    survey that end in a basic term (R. Munroe 2010, CC0) are named as there in 85 % (nearest neighbours among the
    survey itself, one left out: 87 %); on 76 photographed objects the largest share is a colour that a person gave in
    89 % (nearest neighbours of the survey: 80 %).
    """
    lightness, chroma = lab[:, 0], np.hypot(lab[:, 1], lab[:, 2])
    hue = np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360
    names = np.full(len(lab), BASIC.index("grey"), np.uint8)

    def put(where: Bools, term: str) -> None:
        names[where] = BASIC.index(term)

    # indoor light tints white and grey things yellowish green, hence the wider limit there
    tinted = (hue > 80) & (hue < 170) & (lightness > 45)
    limit = 8 + 3 * (lightness < 30) + 2 * (lightness > 80) + 7 * tinted
    put((chroma < limit) & (lightness < 26), "black")
    put((chroma < limit) & (lightness > 66), "white")
    _warm(put, chroma >= limit, lightness, chroma, hue)
    _cold(put, chroma >= limit, lightness, chroma, hue)
    put((chroma >= limit) & (lightness < 13) & (chroma < 25), "black")
    return names


def _warm(put: Put, coloured: Bools, lightness: Floats, chroma: Floats, hue: Floats) -> None:
    """Red, pink, orange, yellow and brown."""
    edge = np.where((chroma > 55) & (lightness > 50), 42, 47)
    red = coloured & ((hue >= 340) | (hue < edge))
    put(red, "red")
    put(red & ((hue < edge) | (hue >= 345)) & (lightness < 52) & (chroma < 26), "brown")
    put(red & (hue >= 25) & (hue < 40) & (lightness > 52) & (chroma < 26), "brown")
    put(red & (lightness > 62) & ((hue < 35) | (hue >= 340)), "pink")
    put(red & (lightness > 52) & (chroma < 45) & ((hue < 25) | (hue >= 345)), "pink")
    put(red & (lightness > 50) & (chroma >= 45) & ((hue < 15) | (hue >= 340)), "pink")
    orange = coloured & (hue >= edge) & (hue < 78)
    put(orange, "orange")
    put(orange & ((lightness < 54) | (chroma < 34)) & ~((chroma > 65) & (lightness > 46)), "brown")
    put(orange & (lightness > 78) & (chroma < 22), "white")
    yellow = coloured & (hue >= 78) & (hue < _green_from(lightness, chroma))
    put(yellow, "yellow")
    put(yellow & ((lightness < 50) | (chroma < 22) | ((lightness < 62) & (hue < 90))), "brown")
    put(yellow & (lightness > 82) & (chroma < 20), "white")


def _cold(put: Put, coloured: Bools, lightness: Floats, chroma: Floats, hue: Floats) -> None:
    """Green, blue, purple, and the pink between purple and red."""
    purple_from = np.where(chroma > 60, 313, 300)  # sRGB's own blue lies at 306
    put(coloured & (hue >= _green_from(lightness, chroma)) & (hue < 182), "green")
    put(coloured & (hue >= 182) & (hue < purple_from), "blue")
    put(coloured & (hue >= purple_from) & (hue < 340), "purple")
    put(coloured & (hue >= 318) & (hue < 340) & (lightness > 55), "pink")


def _green_from(lightness: Floats, chroma: Floats) -> NDArray[Any]:
    return np.where((lightness > 80) & (chroma > 50), 114, 108)
