"""Tracked defaults, the local file, `--settings FILE` and the environment become one frozen `Settings`.

The only reader of `os.environ`:
  VLP_WORKBENCH_CACHE      where weights and trained heads are kept (default: the user's cache folder)
  VLP_WORKBENCH_DATA       where chats and their pictures are kept (default: the user's data folder)
  VLP_WORKBENCH_LOCAL      the local file, which the Engines page writes (default: .streamlit/workbench.local.toml)
  VLP_WORKBENCH_SETTINGS   one more settings file, read after workbench.local.toml
"""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import platformdirs

from core.errors import SettingsError
from core.registry import PORTS, allowed_backends, allowed_options, default_thresholds
from core.types.boxes import Basis
from core.types.runtime import Runtime
from core.types.thresholds import Thresholds

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
DEFAULTS = ROOT / ".streamlit" / "workbench.toml"
LOCAL = ROOT / ".streamlit" / "workbench.local.toml"
PLUGIN = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")  # package.module:Class


@dataclass(frozen=True)
class Limits:
    """What is accepted and kept. Sizes in MB are 10^6 bytes.

    upload_mb, megapixels, min_side_px: what the picture door lets in. text_chars: longest request. turn_seconds: time
    a turn may take. audio_minutes: longest sound. memo_mb: measurements kept in memory. objects: most objects a turn
    masks, draws and exports.
    """

    upload_mb: float = 30.0
    megapixels: float = 100.0
    min_side_px: int = 8
    text_chars: int = 20_000
    turn_seconds: float = 120.0
    audio_minutes: float = 60.0
    memo_mb: float = 256.0
    objects: int = 60


@dataclass(frozen=True)
class SessionSettings:
    """How chats are kept. Sizes in MB are 10^6 bytes.

    url: the database, as SQLAlchemy writes it; "" is a SQLite file in the data folder. keep_days: chats untouched for
    longer are deleted. pictures_mb: most that all pictures may take. measurements_mb: quota of stored measurements; the
    ones used longest ago leave first. chats: most chats one user may keep.
    """

    url: str = ""
    keep_days: float = 90.0
    pictures_mb: float = 5_000.0
    measurements_mb: float = 500.0
    chats: int = 500


@dataclass(frozen=True)
class Access:
    """Who may change settings from a page: anybody at the machine itself, and these signed-in users (by e-mail)."""

    administrators: tuple[str, ...] = ()


@dataclass(frozen=True)
class PortSettings:
    """Which back-end serves a port, and that back-end's own keys."""

    backend: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Settings:
    """Everything that can be set. sources: the files that were read, in order. local: the one that a page writes."""

    ports: Mapping[str, PortSettings]
    thresholds: Thresholds
    limits: Limits
    cache_dir: Path
    sources: tuple[str, ...]
    sessions: SessionSettings = SessionSettings()
    data_dir: Path = Path()
    runtime: Runtime = field(default_factory=Runtime)
    access: Access = Access()
    local: Path = Path()


T = TypeVar("T", Limits, SessionSettings, Runtime)


def load_settings(
    extra: Path | None = None, environ: Mapping[str, str] | None = None, local: Path | None = None
) -> Settings:
    """Read and check every source; a later one overlays an earlier one key by key.

    Raises `SettingsError`, naming file, key and what is allowed.
    """
    environ = os.environ if environ is None else environ
    local = local or Path(environ.get("VLP_WORKBENCH_LOCAL") or LOCAL)
    files = [DEFAULTS]
    if local.is_file():
        files.append(local)
    if environ.get("VLP_WORKBENCH_SETTINGS"):
        files.append(Path(environ["VLP_WORKBENCH_SETTINGS"]))
    if extra is not None:
        files.append(extra)
    cache = environ.get("VLP_WORKBENCH_CACHE") or platformdirs.user_cache_dir("vlp-workbench", appauthor=False)
    data = environ.get("VLP_WORKBENCH_DATA") or platformdirs.user_data_dir("vlp-workbench", appauthor=False)
    sources = tuple(str(file) for file in files)
    home = Path(data).expanduser()
    settings = Settings(MappingProxyType({}), Thresholds(), Limits(), Path(cache), sources, data_dir=home, local=local)
    tables: dict[str, dict[str, Any]] = {}
    for file in files:
        _overlay(tables, _read(file), file)
        try:
            settings = _checked(settings, tables)
        except SettingsError as error:  # what was read before was right, so the fault is this file's
            raise SettingsError(f"{file}: {error.message}", error.remedy) from error
    return settings


def _checked(settings: Settings, tables: Mapping[str, Mapping[str, Any]]) -> Settings:
    ports = {port: _port(port, tables.get(port, {})) for port in PORTS}
    return replace(
        settings,
        ports=MappingProxyType(ports),
        thresholds=_thresholds(tables.get("thresholds", {}), _fitting(ports)),
        runtime=_numbers("local", Runtime(), tables.get("local", {})),
        access=_access(tables.get("access", {})),
        limits=_numbers("limits", Limits(), tables.get("limits", {})),
        sessions=_numbers("sessions", SessionSettings(), tables.get("sessions", {})),
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"The settings file {file} cannot be read: {error.strerror}.", "Check the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {file} is not valid TOML: {error}.", "Mend that line.") from error


def _overlay(tables: dict[str, dict[str, Any]], new: Mapping[str, Any], file: Path) -> None:
    allowed = (*PORTS, "thresholds", "limits", "sessions", "local", "access")
    for name, table in new.items():
        if name not in allowed:
            raise SettingsError(f"{file}: unknown table [{name}].", f"Allowed: {', '.join(allowed)}.")
        if not isinstance(table, dict):
            raise SettingsError(f"{file}: {name} must be a table.", f"Write [{name}] and its keys below it.")
        old = tables.setdefault(name, {})
        if name in PORTS and table.get("backend", old.get("backend")) != old.get("backend"):
            old.clear()  # another back-end: the old one's keys mean nothing to it
        for key, value in table.items():
            if isinstance(value, dict) and isinstance(old.get(key), dict):
                old[key] = {**old[key], **value}
            else:
                old[key] = value


def _port(port: str, table: Mapping[str, Any]) -> PortSettings:
    options = dict(table)
    backend = options.pop("backend", "embedded")
    names = allowed_backends(port)
    if not isinstance(backend, str) or (backend not in names and not PLUGIN.fullmatch(backend)):
        raise SettingsError(
            f"[{port}] backend = {backend!r} is unknown.",
            f"Allowed: {', '.join(names)}, or your own 'package.module:Class'.",
        )
    known = allowed_options(port, backend)
    for key, value in options.items():
        if known is None:
            continue  # a plug-in checks its own keys
        if key not in known:
            raise SettingsError(
                f"[{port}] {key} is unknown to back-end '{backend}'.", f"Allowed: {', '.join(('backend', *known))}."
            )
        _expect_kind(f"[{port}] {key}", value, type(known[key]))
    return PortSettings(backend, MappingProxyType({**(known or {}), **options}))


def _expect_kind(where: str, value: Any, kind: type) -> None:
    number = kind in (int, float) and isinstance(value, int | float) and not isinstance(value, bool)
    whole = kind is not int or not isinstance(value, float) or value.is_integer()
    if not ((isinstance(value, kind) and (kind is bool or not isinstance(value, bool))) or (number and whole)):
        raise SettingsError(f"{where} = {value!r} has the wrong kind.", f"It must be of kind {kind.__name__}.")


def _fitting(ports: Mapping[str, PortSettings]) -> dict[str, Any]:
    """The numbers that fit the chosen back-ends' scores."""
    found: dict[str, Any] = {}
    for port, chosen in ports.items():
        found |= default_thresholds(port, chosen.backend)
    return found


def _thresholds(table: Mapping[str, Any], fitting: Mapping[str, Any]) -> Thresholds:
    allowed = {f.name for f in fields(Thresholds)}
    changes: dict[str, Any] = dict(fitting)
    for key, value in table.items():
        if key not in allowed:
            raise SettingsError(f"[thresholds] {key} is unknown.", f"Allowed: {', '.join(sorted(allowed))}.")
        if key in ("by_basis", "listed", "phrase"):
            changes[key] = {**changes.get(key, {}), **_fractions(key, value)}
        elif key == "top_k":
            _expect_kind("[thresholds] top_k", value, int)
            changes[key] = int(value)
        else:
            _expect_kind(f"[thresholds] {key}", value, float)
            changes[key] = float(value)
    try:
        return Thresholds(**changes)
    except ValueError as error:
        raise SettingsError(
            f"[thresholds] {error}.", "Thresholds are shares between 0 and 1; top_k is a number of boxes."
        ) from error


def _fractions(key: str, table: Any) -> dict[str, float]:
    if not isinstance(table, dict):
        raise SettingsError(f"[thresholds] {key} must be a table.", "Write one key and one number for each.")
    for name, value in table.items():
        if key != "phrase" and name not in set(Basis):
            raise SettingsError(f"[thresholds.{key}] {name} is unknown.", f"Allowed: {', '.join(Basis)}.")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise SettingsError(f"[thresholds.{key}] {name} = {value!r}.", "Thresholds are shares between 0 and 1.")
    return {name: float(value) for name, value in table.items()}


def _numbers(name: str, table: T, given: Mapping[str, Any]) -> T:
    """A table of positive numbers (and texts): every key known, of its kind, finite."""
    known = {f.name: getattr(table, f.name) for f in fields(table)}
    for key, value in given.items():
        if key not in known:
            raise SettingsError(f"[{name}] {key} is unknown.", f"Allowed: {', '.join(known)}.")
        kind = type(known[key])
        _expect_kind(f"[{name}] {key}", value, kind)
        if kind in (int, float) and not (0 < value < math.inf or (value == 0 and known[key] == 0)):
            raise SettingsError(f"[{name}] {key} = {value!r} must be above 0.", "Choose a positive, finite number.")
        table = replace(table, **{key: kind(value)})
    return table


def _access(table: Mapping[str, Any]) -> Access:
    names = table.get("administrators", [])
    unknown = ", ".join(key for key in table if key != "administrators")
    if unknown:
        raise SettingsError(f"[access] {unknown} is unknown.", "Allowed: administrators.")
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise SettingsError("[access] administrators must be a list of e-mail addresses.", 'Write ["name@host", ...].')
    return Access(tuple(names))
