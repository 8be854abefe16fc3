"""Writes the files of a turn into a folder: first all of them aside, then one rename each."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from core.errors import InputError, WorkbenchError

KEPT_FOLDERS = ("masks", "cutouts")  # where files of an earlier turn could be taken for this one's


class Outputs:
    """A folder that can be written to. Made before the turn runs, so that a bad --out costs nobody a turn."""

    def __init__(self, folder: Path, chosen_with: str = "--out") -> None:
        """Raises `InputError` where the folder cannot be made or written. chosen_with: for the remedy."""
        self.folder, self._chosen_with = folder, chosen_with
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".writing-", dir=folder):
                pass
        except OSError as error:
            raise self._error(str(folder), error) from error

    def write(self, contents: Mapping[str, bytes]) -> tuple[dict[str, str], WorkbenchError | None]:
        """(name -> path of every file that is in place, why not all of them are or None)."""
        placed: dict[str, str] = {}
        name = ""
        try:
            with tempfile.TemporaryDirectory(prefix=".writing-", dir=self.folder, ignore_cleanup_errors=True) as aside:
                for name, content in contents.items():
                    file = Path(aside) / name
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(content)
                for name in contents:
                    target = self.folder / name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    (Path(aside) / name).replace(target)
                    placed[name] = str(target)
        except OSError as error:
            missing = [other for other in contents if other not in placed]
            return placed, self._error(name, error, f" Not written: {', '.join(missing)}.")
        return placed, None

    def older(self, placed: Mapping[str, str]) -> list[str]:
        """Masks and cut-outs that an earlier turn left here."""
        found = []
        for name in KEPT_FOLDERS:
            found += [f"{name}/{file.name}" for file in sorted((self.folder / name).glob("*.png"))]
        return [name for name in found if name not in placed]

    def _error(self, what: str, error: OSError, more: str = "") -> InputError:
        return InputError(
            f"{what} cannot be written to {self.folder}: {error.strerror or error}.{more}",
            f"Free some space, or choose another folder with {self._chosen_with}.",
        )
