"""Writes the local settings file for a page: checked before, at once or not at all, comments and order kept.

Only what differs from the tracked defaults is written, and only ports and `[local]`. A back-end of one's own
("package.module:Class") is code that the server runs: it is written by hand, and never changed from here.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import threading
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AbstractTable, Comment, Whitespace

from core.errors import SettingsError, StorageError
from core.registry import PORTS, allowed_backends, allowed_options
from core.settings import DEFAULTS, Settings, load_settings

RUNTIME = "local"  # the table of `Settings.runtime`
Table = Mapping[str, Any]
_lock = threading.Lock()


def fingerprint(file: Path) -> str:
    """SHA-256 of the file as it is now; "" where there is none. Raises `StorageError` where it cannot be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise StorageError(f"The settings file {file} cannot be read: {error.strerror}.", "Check the path.") from error


def tracked() -> Settings:
    """The settings without the local file and the environment."""
    return load_settings(environ={}, local=Path(os.devnull))


def set_in(settings: Settings) -> dict[str, str]:
    """For each table that a file sets, the last such file: that is the one that counts."""
    found: dict[str, str] = {}
    for source in settings.sources:
        found |= dict.fromkeys(_tables(_text(Path(source))), source)
    return found


def save(
    local: Path,
    changes: Mapping[str, Table | None],
    seen: str,
    check: Callable[[Settings], None] = lambda settings: None,
) -> str:
    """Bring tables of the file to `changes`: all their values, or None for the tracked defaults. Its new fingerprint.

    seen: the file's fingerprint when what is saved was shown. check: may refuse what would count then.
    Raises `SettingsError` (nothing is written then) and `StorageError`.
    """
    with _lock:
        file = local.resolve()  # a link stays a link
        if fingerprint(file) != seen:
            raise SettingsError(
                "The settings file was changed meanwhile, in another tab or by hand. Nothing was saved.",
                "Look at what it says now, and save again.",
            )
        text = _text(file)
        targets = {name: _target(name, values, text) for name, values in changes.items()}
        return _put(file, local, _edited(text, targets, local), changes, check)


def _put(
    file: Path, local: Path, text: str, changes: Mapping[str, Table | None], check: Callable[[Settings], None]
) -> str:
    """Write beside the file, read that with everything else that counts, and only then let it take the file's place."""
    beside = file.with_name(f".{file.name}.{secrets.token_hex(6)}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("x", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        try:
            settings = load_settings(local=beside)
            _expect_counts(settings, changes)
            check(settings)
        except SettingsError as error:
            raise SettingsError(error.message.replace(str(beside), str(local)), error.remedy) from error
        if file.exists():
            shutil.copymode(file, beside)
        beside.replace(file)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()
    except OSError as error:
        raise StorageError(
            f"The settings file {local} cannot be written: {error.strerror}.",
            "Make room, let the server's user write there, or name another file in VLP_WORKBENCH_LOCAL.",
        ) from error
    finally:
        beside.unlink(missing_ok=True)


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise StorageError(f"The settings file {file} cannot be read: {error.strerror}.", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"The settings file {file} is not valid TOML: {error}.", "Mend that line.") from error


def _tables(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings file is not valid TOML: {error}.", "Mend that line.") from error


def _target(name: str, values: Table | None, text: str) -> dict[str, Any]:
    """What the table must say: keys that stand there stay, with their new values; others where they differ."""
    old = _tables(text).get(name, {})
    plain = tracked()
    if name == RUNTIME:
        reference: Table = asdict(plain.runtime)
    elif name in PORTS:
        chosen, old_backend = plain.ports[name], old.get("backend", "embedded") if isinstance(old, dict) else ""
        backend = chosen.backend if values is None else values.get("backend", chosen.backend)
        for given in (old_backend, backend):
            if given not in allowed_backends(name):
                raise SettingsError(
                    f"[{name}] backend = {given!r} is not set from a page.", "Write it into the settings file by hand."
                )
        own = chosen.options if backend == chosen.backend else allowed_options(name, backend)
        reference = {"backend": chosen.backend, **(own or {})}
    else:
        raise SettingsError(f"[{name}] is not set from a page.", "Write it into the settings file by hand.")
    if values is None:
        return {}
    kept = {key: values[key] for key in old if key in values}
    return kept | {key: value for key, value in values.items() if key in kept or value != reference.get(key)}


def _edited(text: str, targets: Mapping[str, dict[str, Any]], local: Path) -> str:
    """The text with these tables as they must be, everything else as it was; read again to be sure."""
    wanted = _tables(text)
    try:
        document = tomlkit.parse(text)
        for name, target in targets.items():
            wanted[name] = target
            if name not in document and target:
                document.append(name, tomlkit.table())
            if name in document:
                _reach(cast(AbstractTable, document[name]), target)
                if not target and not _comments(document[name]):
                    document.remove(name)
        done = tomlkit.dumps(document)
        if "\r\n" in text:
            done = re.sub(r"(?<!\r)\n", "\r\n", done)
        found = _tables(done)
        done.encode("utf-8")
    except (TOMLKitError, UnicodeError, AttributeError, TypeError, ValueError) as error:
        raise _by_hand(local) from error
    if {k: v for k, v in found.items() if v != {}} != {k: v for k, v in wanted.items() if v != {}}:
        raise _by_hand(local)
    return done


def _by_hand(local: Path) -> SettingsError:
    return SettingsError(
        f"This cannot be written into {local} without spoiling something else in it. Nothing was saved.",
        "Change the file by hand.",
    )


def _reach(table: AbstractTable, target: Mapping[str, Any]) -> None:
    for key in [key for key in table if key not in target]:
        table.remove(key)
    new = {}
    for key, value in target.items():
        if key not in table:
            new[key] = value
        elif isinstance(table[key], AbstractTable) and isinstance(value, dict):
            _reach(cast(AbstractTable, table[key]), value)
        elif table[key] != value or isinstance(table[key], bool) != isinstance(value, bool):
            table[key] = _item(value)
    _append(table, new)


def _append(table: AbstractTable, new: Mapping[str, Any]) -> None:
    """After the last key: what stands between it and the next table is mostly about that one."""
    body = table.value.body
    tail = []
    if any(key is not None for key, _ in body):
        while isinstance(body[-1][1], Comment | Whitespace):
            tail.append(body.pop())
    for key, value in new.items():
        table.append(key, _item(value))
    body.extend(reversed(tail))


def _item(value: Any) -> Any:
    if isinstance(value, Mapping):
        inline = tomlkit.inline_table()
        inline.update(value)
        return inline
    return tomlkit.item(value)


def _comments(table: Any) -> bool:
    body = getattr(getattr(table, "value", None), "body", ())
    return any(isinstance(item, Comment) for _, item in body)


def _expect_counts(settings: Settings, changes: Mapping[str, Table | None]) -> None:
    """Raises `SettingsError` where a file that is read later would undo what is saved."""
    for name, values in changes.items():
        if values is None:
            continue
        port = settings.ports.get(name)
        counts = {"backend": port.backend, **port.options} if port is not None else asdict(settings.runtime)
        if any(counts.get(key) != value for key, value in values.items()):
            later = [source for source in settings.sources if source != str(DEFAULTS)][1:]
            raise SettingsError(f"[{name}] is set by {', '.join(later)}, which counts more.", "Change it there.")
