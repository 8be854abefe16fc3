"""Names in files of annotations: of pictures, whose folders and cases do not count, and of classes."""

from __future__ import annotations

import codecs
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from core.formats.read_report import one_line
from core.pictures import NAME_CHARS, display_name

Size = tuple[int, int]
SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".bmp", ".tif", ".tiff", ".gif"),
    *(".heic", ".heif", ".avif"),
)
STEM_CHARS = NAME_CHARS - 7  # what a shown name keeps for sure of a long stem before "….jpeg"
CLASS_CHARS = 200
CLASS_FILES = ("classes.txt", "_darknet.labels")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SCALAR = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^,\[\]{}:#"'][^,\[\]{}]*))\s*""")
_KEY = re.compile(r"""\s*["']?(\d+)["']?\s*:""")
_END = re.compile(r"\s*(?:[\]}]|\Z)")
_PLAIN_KEY = re.compile(r"""\s*(?:"(\d+)"|'(\d+)'|(\d+))\s*:(?:\s+|$)(.*)""")


def file_key(name: str) -> str:
    """What two names of one file have in common."""
    return unicodedata.normalize("NFC", display_name(name)).casefold()


def stem_key(name: str) -> str:
    """The same without a picture's suffix; "a.v2" has none."""
    key = file_key(name)
    for suffix in SUFFIXES:
        if key.endswith(suffix) and key != suffix:
            key = key.removesuffix(suffix)
            break
    return key.rstrip("…")[:STEM_CHARS]


class Known:
    """The user's pictures by name. sizes: (width, height) by file name or stem."""

    def __init__(self, sizes: Mapping[str, Size]) -> None:
        self._names: dict[str, Size] = {}
        self._stems: dict[str, dict[str, Size]] = {}
        for name, size in sizes.items():
            self._names[file_key(name)] = size
            self._stems.setdefault(stem_key(name), {})[name] = size

    def size(self, name: str) -> Size | None:
        """None where no picture has that name, or several of different sizes."""
        key = file_key(name)
        if key.endswith(SUFFIXES) and key in self._names:
            return self._names[key]
        found = set(self._files(name).values())
        return found.pop() if len(found) == 1 else None

    def has(self, name: str) -> bool:
        """Whether a picture has that very name."""
        return file_key(name) in self._names

    def file_name(self, name: str) -> str:
        """The name of the only picture file of that name or stem; else the name as given."""
        files = list(self._files(name))
        return name if len(files) != 1 or (self.has(name) and file_key(name).endswith(SUFFIXES)) else files[0]

    def _files(self, name: str) -> dict[str, Size]:
        """Those of the same stem; a bare stem only where there is no whole name."""
        entries = self._stems.get(stem_key(name), {})
        return {n: s for n, s in entries.items() if file_key(n).endswith(SUFFIXES)} or entries


def text_of(data: bytes, encoding: str = "utf-8") -> str | None:
    """Text by its byte order mark, else in this encoding, lines ended by "\\n"; None where it is in another."""
    marked = next((name for mark, name in _BOMS if data.startswith(mark)), encoding)
    try:
        text = data.decode(marked).removeprefix("\ufeff")
    except (UnicodeError, LookupError):
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def class_names(file: str, text: str) -> dict[int, str] | None:
    """Name by number: one a line, or the key `names` of YAML as a list or a table; None where there is no such key."""
    if not file.casefold().endswith((".yaml", ".yml")):
        lines = text.rstrip().split("\n")
        return {number: one_line(line, CLASS_CHARS) for number, line in enumerate(lines) if line.strip()}
    found = re.search(r"^(?:names|'names'|\"names\")[ \t]*:(.*(?:\n.*)*)", text, re.MULTILINE)
    if found is None:
        return None
    after = found[1]
    begin = after.lstrip()
    named = _flow(begin) if begin[:1] in ("[", "{") else _block(after)
    return {number: one_line(name, CLASS_CHARS) for number, name in named.items()}


def _flow(text: str) -> dict[int, str]:
    """`[a, "b c"]` or `{0: a, 1: b}`, over several lines too."""
    items: dict[int, str] = {}
    text = re.sub(r"(?m)(^|\s)#.*$", "", text)
    table, at = text[0] == "{", 1
    while not _END.match(text, at):
        number = len(items)
        if table:
            key = _KEY.match(text, at)
            if key is None:
                break
            number, at = int(key[1]), key.end()
        value = _SCALAR.match(text, at)
        if value is None:
            break
        items[number] = _scalar(value)
        at = value.end() + (text[value.end() : value.end() + 1] == ",")
    return items


def _block(text: str) -> dict[int, str]:
    """`- a` or `0: a` a line, up to the first line of another key."""
    items: dict[int, str] = {}
    for line in text.split("\n")[1:]:
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        keyed = _PLAIN_KEY.fullmatch(line)
        if bare.startswith("- "):
            items[len(items)] = _value(bare[2:])
        elif keyed and line[:1] in " \t":
            items[int(keyed[1] or keyed[2] or keyed[3])] = _value(keyed[4])
        else:
            break
    return items


def _value(text: str) -> str:
    value = _SCALAR.match(text)
    if value is not None and value[3] is None:
        return _scalar(value)
    return re.sub(r"(^|\s)#.*$", "", text).strip()


def _scalar(found: Any) -> str:
    if found[1] is not None:
        try:
            return str(json.loads(f'"{found[1]}"'))
        except ValueError:
            return str(found[1])
    return str(found[2].replace("''", "'") if found[2] is not None else found[3].strip())
