"""Sample pictures: photographs that scikit-image ships, and two that the project draws itself, with known answers."""

from __future__ import annotations

import importlib.util
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from core.errors import InputError
from core.types.boxes import Box

FAILURE = "is there a zebra in the picture?"


@dataclass(frozen=True)
class Sample:
    """One picture with requests that work on it, and one that honestly cannot.

    key: stable name. file: in scikit-image's data folder; "" where the project draws it. alt: what is to be seen.
    truth: (name, xyxy box) of everything in a drawn picture. words: what is written in it.
    """

    key: str
    title: str
    alt: str
    requests: tuple[str, str, str]
    file: str = ""
    credit: str = ""
    failure: str = FAILURE
    truth: tuple[tuple[str, Box], ...] = ()
    words: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file name that is shown."""
        return self.file or f"{self.key}.png"


SHAPES_SIZE, SHAPES_GROUND = (900, 600), (226, 224, 218)
SHAPES: tuple[tuple[str, tuple[int, int, int], tuple[int, int, int, int]], ...] = (
    ("red ball", (200, 32, 38), (90, 130, 290, 330)),
    ("green ball", (38, 140, 60), (640, 90, 780, 230)),
    ("yellow ball", (236, 196, 36), (380, 400, 500, 520)),
    ("blue box", (32, 78, 178), (400, 150, 580, 330)),
    ("green box", (30, 120, 52), (640, 370, 800, 520)),
)
SIGN_SIZE, SIGN_GROUND, SIGN_PLATE = (900, 600), (150, 160, 168), (70, 70, 830, 530)
SIGN_LINES = (
    ("NORTH GATE", 72, (120, 130)),
    ("Open daily 9 to 17", 44, (120, 250)),
    ("Please ring twice", 44, (120, 330)),
)
SIGN_CODE, SIGN_CODE_AT = "VLP Workbench", (570, 265)

SAMPLES: tuple[Sample, ...] = (
    Sample(
        "cat", "Cat", "A tabby cat looking into the camera",
        ("segment the cat", "how large is the cat?", "give me the cat as a transparent PNG"),
        "chelsea.png", "Chelsea, by Stéfan van der Walt, CC0; from scikit-image",
    ),
    Sample(
        "astronaut", "Astronaut", "An astronaut in an orange suit before a flag and a model of a space shuttle",
        ("segment the face", "how many people are there?", "remove the face"),
        "astronaut.png", "Eileen Collins, by NASA, public domain; from scikit-image",
    ),
    Sample(
        "coffee", "Coffee", "A cup of coffee on a saucer with a spoon, on a wooden table",
        ("outline the cup", "what colour is the cup?", "remove the cup"),
        "coffee.png", "Coffee, by Rachel Michetti, CC0; from scikit-image",
    ),
    Sample(
        "motorcycle", "Motorcycle", "A motorcycle in a workshop full of tools",
        ("segment the motorcycle", "what is in the picture?", "how large is the motorcycle?"),
        "motorcycle_left.png", "Middlebury stereo benchmark 2014 (Scharstein et al.); from scikit-image",
    ),
    Sample(
        "shapes", "Shapes", "A red, a green and a yellow ball, a blue and a green box on a plain ground",
        ("outline the red circle", "where is the blue box?", "give me the blue box as a transparent PNG"),
        credit="Drawn by this project",
        truth=tuple((name, (float(b[0]), float(b[1]), float(b[2]), float(b[3]))) for name, _, b in SHAPES),
    ),
    Sample(
        "sign", "Sign", "A white sign with three lines of text and a QR code",
        ("read the text", "what does the QR code say?", "where is the text?"),
        credit="Drawn by this project",
        words=(*(line for line, _, _ in SIGN_LINES), SIGN_CODE),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Example:
    """A request that runs with one click, and what it shows."""

    sample: str
    request: str
    shows: str


EXAMPLES: tuple[Example, ...] = (
    Example("cat", "segment the cat", "Finds a thing by its name and cuts out its exact shape"),
    Example("astronaut", "how many people are there?", "Answers from what was measured"),
    Example("coffee", "remove the cup", "Cuts a thing out and fills the gap from its surroundings"),
    Example("shapes", "outline the red circle", "Finds by colour and shape"),
    Example("sign", "read the text", "Reads what is written"),
)


def find(key: str) -> Sample:
    """A sample by its key. Raises `InputError` where there is none of that name."""
    for sample in SAMPLES:
        if sample.key == key:
            return sample
    raise InputError(f"There is no sample '{key}'.", f"There are: {', '.join(s.key for s in SAMPLES)}.")


def available() -> tuple[Sample, ...]:
    """The samples that can be shown here: drawn ones always, photographs where scikit-image is installed."""
    return tuple(sample for sample in SAMPLES if not sample.file or (_data_folder() / sample.file).is_file())


def load(sample: Sample) -> bytes:
    """The picture's file. Raises `InputError` where scikit-image is not installed."""
    if not sample.file:
        return _drawn(sample.key)
    try:
        return (_data_folder() / sample.file).read_bytes()
    except OSError as error:
        raise InputError(
            f"The sample '{sample.title}' is not there: scikit-image ships it, and it is not installed.",
            "Install it: pip install -r requirements-embedded.txt",
        ) from error


def _data_folder() -> Path:
    """scikit-image's own pictures, found without importing it (that takes a second)."""
    spec = importlib.util.find_spec("skimage")
    return Path(spec.origin).parent / "data" if spec and spec.origin else Path("missing")


@cache
def _drawn(key: str) -> bytes:
    picture = {"shapes": draw_shapes, "sign": draw_sign}[key]()
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def draw_shapes() -> Image.Image:
    """Balls and boxes, one flat colour each, smooth at their edges."""
    scale = 2  # drawn twice as large and shrunk: smooth edges
    width, height = SHAPES_SIZE
    picture = Image.new("RGB", (width * scale, height * scale), SHAPES_GROUND)
    pen = ImageDraw.Draw(picture)
    for name, colour, box in SHAPES:
        corners = [v * scale for v in box[:2]] + [v * scale - 1 for v in box[2:]]
        shape = pen.ellipse if name.endswith("ball") else pen.rectangle
        shape(corners, fill=colour)
    return picture.resize(SHAPES_SIZE, Image.Resampling.LANCZOS)


def draw_sign() -> Image.Image:
    """A plate with three lines and a QR code that reads `SIGN_CODE`."""
    import zxingcpp

    picture = Image.new("RGB", SIGN_SIZE, SIGN_GROUND)
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle(SIGN_PLATE, 18, fill=(255, 255, 255), outline=(40, 44, 52), width=6)
    for line, size, place in SIGN_LINES:
        pen.text(place, line, fill=(24, 28, 36), font=ImageFont.load_default(size))
    code = zxingcpp.create_barcode(SIGN_CODE, zxingcpp.BarcodeFormat.QRCode).to_image(scale=8)
    picture.paste(Image.fromarray(code, "L"), SIGN_CODE_AT)
    return picture
