"""Files of annotations as truth, whatever their format: COCO, Pascal VOC or YOLO, told by content and name."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from core.errors import InputError
from core.formats.read_coco import read_coco
from core.formats.read_names import CLASS_FILES, SUFFIXES, Known, Size, class_names, text_of
from core.formats.read_report import Entry, Report, counted, examples, short
from core.formats.read_voc import read_voc
from core.formats.read_yolo import is_label, read_yolo
from core.types.truth import Truth

MOST_MEMBERS = 20_000  # files, those of an archive among them
MOST_BYTES = 64_000_000  # of all that are read: JSON takes some twenty times as much memory
REMEDY = (
    "Give one COCO file (.json), or Pascal VOC's files (.xml), or YOLO's (.txt, with classes.txt, obj.names or"
    " data.yaml), or a .zip of them."
)
FEWER = "Give the annotations of fewer pictures."
ONE_KIND = "Give the files of one kind, in one go."
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
BEFORE = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"  # byte order marks and blanks
COCO, VOC, YOLO = "COCO", "Pascal VOC", "YOLO"
Files = Sequence[tuple[str, bytes]]


@dataclass
class _Sorted:
    """kinds: files by format. classes: files that may name classes. other: names of what is none of these."""

    kinds: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)
    classes: list[tuple[str, bytes]] = field(default_factory=list)
    other: list[str] = field(default_factory=list)


def read_annotations(files: Files, sizes: Mapping[str, Size]) -> Truth:
    """Everything usable; the rest is told in `left_out`, a line for each reason.

    files: (name, bytes), pictures among them are passed over. sizes: the pictures' (width, height) by file name and by
    stem. Raises `InputError` where nothing can be used at all, and where formats are mixed.
    """
    sorted_, known, report = _sorted(_unpacked(files)), Known(sizes), Report(REMEDY)
    if len(sorted_.kinds) > 1:
        told = ", ".join(f"{kind} ({examples([n for n, _ in of], len(of))})" for kind, of in sorted_.kinds.items())
        raise InputError(f"These files are of different formats: {told}.", ONE_KIND)
    if not sorted_.kinds:
        names = [name for name, _ in sorted_.classes] + sorted_.other
        raise InputError(f"No annotations are in what was given ({examples(names, len(names)) or 'nothing'}).", REMEDY)
    ((kind, own),) = sorted_.kinds.items()
    if kind == COCO:
        if len(own) > 1:
            raise InputError(
                f"{counted(len(own), 'file')} of COCO: {examples([n for n, _ in own], len(own))}.", "Give one."
            )
        truth = read_coco(own[0][1], short(own[0][0]), report, known)
    elif kind == VOC:
        truth = read_voc(own, known, report)
    else:
        truth = read_yolo(own, _classes(sorted_.classes, report), known, report)
    for name, _ in sorted_.classes if kind != YOLO else ():
        report.leave_out(Entry("file", name), "names classes, which only YOLO's files need")
    for name in sorted_.other:
        report.leave_out(Entry("file", name), "is of no format that is read here")
    return _told(truth, report, kind)


def _told(truth: Truth, report: Report, kind: str) -> Truth:
    lines = report.lines()
    if not truth.objects and not truth.pictures:
        why = lines[0] if lines else "It holds no picture and no object."
        raise InputError(f"Nothing of these annotations ({kind}) can be used. {why}", REMEDY)
    if not truth.objects:
        lines = (f"No object is in these annotations, but {counted(len(truth.pictures), 'picture')}.", *lines)
    return replace(truth, left_out=lines)


def _sorted(files: Files) -> _Sorted:
    """By content and name; where no content tells the format, names alone do, so that its reader says what is wrong."""
    result, unclear = _Sorted(), _Sorted()
    for name, data in files:
        lower, head = name.casefold(), data[:64].lstrip(BEFORE)[:1]
        if not lower or lower.endswith(SUFFIXES):
            continue
        if lower in CLASS_FILES or lower.endswith((".names", ".yaml", ".yml")):
            result.classes.append((name, data))
        elif lower.endswith(".xml") or (head == b"<" and not lower.endswith((".txt", ".json"))):
            _put(result if b"annotation" in data.replace(b"\0", b"") else unclear, VOC, name, data)
        elif lower.endswith(".json") or (head in (b"{", b"[") and not lower.endswith(".txt")):
            _put(result if _may_be_coco(data) else unclear, COCO, name, data)
        elif lower.endswith(".txt"):
            _put(result if is_label(data) else unclear, YOLO, name, data)
        else:
            result.other.append(name)
    if not result.kinds:
        result.kinds = unclear.kinds
        return result
    for kind, own in unclear.kinds.items():
        if kind == YOLO and YOLO in result.kinds:  # empty ones say that nothing is there; the reader sees the others
            result.kinds[YOLO] += own
        else:
            result.other += [name for name, _ in own]
    return result


def _put(into: _Sorted, kind: str, name: str, data: bytes) -> None:
    into.kinds.setdefault(kind, []).append((name, data))


def _may_be_coco(data: bytes) -> bool:
    plain = data.replace(b"\0", b"")  # of UTF-16 too
    return any(word in plain for word in (b'"annotations"', b'"images"', b'"bbox"'))


def _classes(files: Files, report: Report) -> dict[int, str] | None:
    """Of the file that names classes. Raises `InputError` where two differ, or one is not in UTF-8."""
    found: list[tuple[str, dict[int, str]]] = []
    for name, data in files:
        text = text_of(data)
        if text is None:
            raise InputError(f"{short(name)} is not UTF-8 text.", "Save it as UTF-8: it names the classes.")
        names = class_names(name, text)
        if names:
            found.append((name, names))
        else:
            report.leave_out(Entry("file", name), "names no classes")
    if any(names != found[0][1] for _, names in found):
        raise InputError(
            f"These files name the classes differently: {examples([name for name, _ in found], len(found))}.",
            "Give one of them.",
        )
    return found[0][1] if found else None


def _unpacked(files: Files) -> list[tuple[str, bytes]]:
    """Archives replaced by what they hold; names without folders. Raises `InputError` where it is too much."""
    result: list[tuple[str, bytes]] = []
    room = MOST_BYTES
    for name, data in files:
        inner = _members(data, short(name), room) if data.startswith(ZIP) else [(_base(name), data)]
        result += inner
        room -= sum(len(content) for own, content in inner if not own.casefold().endswith(SUFFIXES))
        if len(result) > MOST_MEMBERS or room < 0:
            raise InputError(
                f"These annotations are too large: more than {MOST_MEMBERS} files or {MOST_BYTES // 10**6} MB.", FEWER
            )
    return result


def _base(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name


def _members(data: bytes, name: str, room: int) -> list[tuple[str, bytes]]:
    """Of an archive, in order; nothing is written, and no name is used as a path."""
    found: list[tuple[str, bytes]] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_MEMBERS:
                raise InputError(f"{name} holds more than {MOST_MEMBERS} files.", FEWER)
            for entry in entries:
                own = _base(entry.filename)
                hidden = own.startswith(".") or entry.filename.startswith("__MACOSX/")
                if entry.is_dir() or hidden or own.casefold().endswith(SUFFIXES):
                    continue
                if entry.flag_bits & 1:
                    raise InputError(f"{name} is encrypted.", "Give an archive without a password.")
                with archive.open(entry) as member:
                    content = member.read(room + 1)
                room -= len(content)
                if room < 0:
                    raise InputError(f"{name} unpacks to more than {MOST_BYTES // 10**6} MB of annotations.", FEWER)
                found.append((own, content))
    except InputError:
        raise
    except Exception as error:  # hostile bytes break the reader of archives in every way it knows
        raise InputError(
            f"{name} is no archive that can be read: {short(error)}.", "Make the archive again."
        ) from error
    return found
