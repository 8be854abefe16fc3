"""Where a local model's weights come from: a name of the hub, an address, a name that we know, or a path.

"owner/name"           a repository of the hub, or a folder, for a model that is a folder with `config.json`
"owner/name:file.pth"  one file of a repository, for a model that is one file
"https://..."          one file; a part of its path of 64 hexadecimal digits is its SHA-256
"sam_vit_b_01ec64"     a name of assets/models/checkpoints.toml
anything else          a path; a path that exists goes before a repository of the same name
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from pathlib import Path

from core.errors import EngineUnavailable
from core.jobs import Job
from core.registry import EngineContext
from core.shared_models import address, hub
from core.shared_models.address import Checkpoint
from core.shared_models.hub import Repository
from core.shared_models.impostors import refuse

DOWNLOAD = "Press Download on the Engines page, or: python -m core weights --all"
BY_PATH = "put the weights on this machine by hand and give their path as `model`."
NOTES = "hub"  # folder of the cache: which files belong to a repository
WEIGHTS = (".safetensors", ".bin", ".pth", ".pt")
MB = 1e6


@dataclass(frozen=True)
class Wanted:
    """What a model needs of a repository. patterns: file names to fetch; () for one file, with one of these `suffixes`.

    A path must be a folder with `config.json` where there are patterns, else a file. one_of: files of which a folder
    must have one at least.
    """

    patterns: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = (".pth", ".pt")
    one_of: tuple[str, ...] = ()


TRANSFORMERS = Wanted(("*.json", "*.safetensors", "*.txt", "*.model"))


@dataclass(frozen=True)
class Source:
    """model: as written in the settings. wanted: what is needed of it. Nothing is kept: a mended path works at once."""

    model: str
    wanted: Wanted
    context: EngineContext

    def here(self) -> Path | None:
        """The folder or file, where everything wanted lies on this machine; nothing is fetched, nothing raised."""
        try:
            return self._sound()
        except (OSError, ValueError, RuntimeError, EngineUnavailable):
            return None

    def fetch(self, job: Job, complete: bool = False) -> Path:
        """`here`, or downloaded with progress. Raises `EngineUnavailable` with the remedy, `Cancelled`.

        complete: also a folder that another program fetched is compared with the hub's list, and completed.
        """
        found = self.here()
        place = self._place()
        if found is not None and not (complete and self.fetchable and self._unlisted(place)):
            return found
        if not self.fetchable:
            raise self.missing()
        if isinstance(place, Checkpoint):
            place.fetch(self.context.cache_dir, job)
        elif isinstance(place, _Piece):
            place.repository.fetch((), job, place.name)
        elif isinstance(place, Repository):
            place.fetch(self.wanted.patterns, job)
        found = self.here()
        if found is None:
            raise self.missing()
        return found

    def missing(self) -> EngineUnavailable:
        """Why nothing is here, and what to do: said before a turn starts."""
        try:
            place = self._place()
            self._sound()
        except EngineUnavailable as error:
            return error
        except (OSError, ValueError, RuntimeError) as error:
            return EngineUnavailable(f"{self.model} cannot be read ({error}).", "Check the path and who may read it.")
        if isinstance(place, Path):
            return self._no_path(place)
        name = self.model
        if address.is_address(name) and isinstance(place, Checkpoint):
            name = f"{place.file_name} (from {place.host})"  # the whole address would fill the line
        if not self.fetchable:
            return EngineUnavailable(
                f"The weights of {name} are not on this machine, and downloads are switched off.",
                f"Set [local] offline = false (and unset HF_HUB_OFFLINE) to download them, or {BY_PATH}",
            )
        nbytes = self._about(place)
        about = f" (about {nbytes / MB:,.0f} MB)" if nbytes else ""
        return EngineUnavailable(f"The weights of {name} are not on this machine yet{about}.", DOWNLOAD)

    @property
    def fetchable(self) -> bool:
        """Whether `fetch` may get it from elsewhere (a name or an address, and the settings are not offline)."""
        try:
            place = self._place()
        except EngineUnavailable:
            return False
        if isinstance(place, Path) or self.context.runtime.offline:
            return False
        return isinstance(place, Checkpoint) or (hub.installed() and not hub.offline())

    @property
    def nbytes(self) -> int:
        """Bytes of what lies here and is wanted; 0 where nothing does. Cheap: a folder is not walked."""
        return self.size(self.here())

    def size(self, found: Path | None) -> int:
        """The same of what `here` has found already."""
        try:
            if found is None:
                return 0
            return found.stat().st_size if found.is_file() else sum(f.stat().st_size for f in self._files(found))
        except OSError:
            return 0

    def _place(self) -> Path | Checkpoint | Repository | _Piece:
        """What the name means. Raises `EngineUnavailable` where it means nothing."""
        model, path = self.model.strip(), _path(self.model)
        if not model:
            raise EngineUnavailable("No model is named.", "Set `model` to a name, an address or a path.")
        if address.is_address(model):
            if self.wanted.patterns:
                raise EngineUnavailable(
                    f"{model} is one file; this model is a folder.", 'Give "owner/name" of a hub, or a folder\'s path.'
                )
            return address.by_address(model)
        if _there(path):
            return path
        notes = self.context.cache_dir / NOTES
        if self.wanted.patterns:
            return Repository(model, notes) if hub.REPOSITORY.fullmatch(model) else path
        names = address.known(self.context.assets)
        if model in names:
            return names[model]
        name, colon, file = model.partition(":")
        if colon and hub.REPOSITORY.fullmatch(name) and file.endswith(self.wanted.suffixes) and file[0] != "/":
            return _Piece(Repository(name, notes), file)
        return path

    def _sound(self) -> Path | None:
        """What is here. Raises `EngineUnavailable` where it is recognised as no weights."""
        place = self._place()
        if isinstance(place, Checkpoint):
            found: Path | None = place.path(self.context.cache_dir)
        elif isinstance(place, _Piece):
            found = place.repository.file(place.name)
        elif isinstance(place, Repository):
            found = place.here(self.wanted.patterns)
        else:
            found = place / "config.json" if self.wanted.patterns else place
        if found is None or not (found.is_dir() if isinstance(place, Repository) else found.is_file()):
            return None
        if isinstance(place, Path):
            found = place
        if found.is_dir() and self._lacking(found):
            return None
        for file in self._files(found) if found.is_dir() else (found,):
            if file.suffix in WEIGHTS or file is found:
                refuse(file)
        return found

    def _files(self, folder: Path) -> list[Path]:
        """The wanted files of a folder, weights in their other form too."""
        patterns = (*self.wanted.patterns, *((hub.PICKLES,) if "*.safetensors" in self.wanted.patterns else ()))
        return [f for f in folder.iterdir() if f.is_file() and any(fnmatch.fnmatchcase(f.name, p) for p in patterns)]

    def _lacking(self, folder: Path) -> bool:
        one_of = self.wanted.one_of
        return bool(one_of) and not any((folder / name).is_file() for name in one_of)

    def _unlisted(self, place: Path | Checkpoint | Repository | _Piece) -> bool:
        return isinstance(place, Repository) and not place.begun(self.wanted.patterns)

    def _about(self, place: Path | Checkpoint | Repository | _Piece) -> int:
        if isinstance(place, Checkpoint):
            return place.nbytes
        whole = isinstance(place, Repository) and "*.safetensors" in self.wanted.patterns
        return address.about(self.model, self.context.assets) if whole else 0

    def _no_path(self, path: Path) -> EngineUnavailable:
        """A path where nothing fits; a bare word was meant as a name."""
        if self.wanted.patterns:
            if path.is_file():
                return EngineUnavailable(f"{path} is a file.", "Give the folder with its `config.json`.")
            if (path / "config.json").is_file() and self._lacking(path):
                lacking = " nor ".join(self.wanted.one_of)
                return EngineUnavailable(f"The folder {path} has no {lacking}.", "Give the folder of a whole model.")
            if path.is_dir():
                return EngineUnavailable(f"The folder {path} has no config.json.", "Give the folder of a saved model.")
            return EngineUnavailable(f"There is no model at {self.model}.", "Check the path.")
        if path.is_dir():
            return EngineUnavailable(
                f"{path} is a folder.", f"Give the file in it ({' or '.join(self.wanted.suffixes)})."
            )
        if "/" in self.model and not self.model.startswith(("/", ".", "~")) and not path.suffix:
            return EngineUnavailable(
                f"There is no file {self.model}, and of a repository one file must be named.",
                f'Write "{self.model}:NAME{self.wanted.suffixes[0]}", or check the path.',
            )
        if len(path.parts) == 1 and not path.suffix:
            names = ", ".join(sorted(address.known(self.context.assets)))
            return EngineUnavailable(f"No checkpoint is called {self.model}.", f"Known are {names}; or give a path.")
        return EngineUnavailable(f"There is no model at {self.model}.", "Check the path.")


@dataclass(frozen=True)
class _Piece:
    """One file of a repository."""

    repository: Repository
    name: str


def _path(model: str) -> Path:
    try:
        return Path(model.strip()).expanduser()
    except RuntimeError:  # "~nobody"
        return Path(model)


def _there(path: Path) -> bool:
    """Whether something lies there; what may not be looked at does, and says so when it is read."""
    try:
        return path.exists()
    except PermissionError:
        return True
    except (OSError, ValueError):  # a name too long, a null character
        return False
