"""The error tree. Every error carries a remedy that the reader can act on.

WorkbenchError
  SettingsError           a settings file or value is wrong; names what is allowed
  InputError              what the user gave cannot be used; shown beside the input
  StorageError            something cannot be kept or read back: the disk is full, a file or the database is damaged
  EngineError             an engine could not do its work
    EngineUnavailable     a package, weights or device is missing
    EngineFailed          the engine ran and broke
    EngineTimeout         the deadline passed
    Cancelled             somebody pressed Stop, or a newer request took over
"""

from __future__ import annotations


class WorkbenchError(Exception):
    """An error with a remedy: `message` says what happened, `remedy` what the reader can do about it."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()

    def __reduce__(self) -> tuple[type[WorkbenchError], tuple[str, str]]:
        return type(self), (self.message, self.remedy)


class SettingsError(WorkbenchError):
    """A settings file, key or value is wrong."""


class InputError(WorkbenchError):
    """What the user gave cannot be used."""


class StorageError(WorkbenchError):
    """Something cannot be kept, or what was kept cannot be read."""


class EngineError(WorkbenchError):
    """An engine could not do its work."""


class EngineUnavailable(EngineError):
    """A package, weights or device that the engine needs is missing."""


class EngineFailed(EngineError):
    """The engine ran and broke."""


class EngineTimeout(EngineError):
    """The deadline passed before the engine was done."""


class Cancelled(EngineError):
    """The work was stopped, or a newer request replaced it."""
