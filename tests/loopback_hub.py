"""A small hub on loopback: what huggingface_hub asks for, and plain files by address; with faults on demand.

`/api/models/<repo>[/revision/<rev>]`, `/<repo>/resolve/<rev>/<file>` (HEAD, GET, Range; large files are redirected to
`/cdn/<sha256>`, as a hub does), `/files/<name>`.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

LARGE = 5_000  # bytes: a file from here on is one of LFS
PIECE = 1 << 14


@dataclass
class Repo:
    """files: by name. gated: 401 with a hub's code on every file. private: as if it were not there."""

    files: dict[str, bytes]
    gated: bool = False
    private: bool = False

    @property
    def commit(self) -> str:
        return hashlib.sha1(repr(sorted(self.files.items())).encode()).hexdigest()


@dataclass
class Faults:
    """cut: bytes of a large body after which the connection ends, one for each answer. statuses: given first, in order.

    stall: seconds of silence in the middle of each large body. pause: seconds between its pieces. ranges: whether
    Range is understood.
    """

    cut: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    stall: float = 0.0
    pause: float = 0.0
    ranges: bool = True


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]


class Hub:
    """repos: by name. plain: files of `/files/`. redirects: path -> Location. extra: headers of a path's answer."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.plain: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.extra: dict[str, dict[str, str]] = {}
        self.faults = Faults()
        self.asked: list[Asked] = []
        self.address = self.store = ""  # two names of one server: a token is not for the second

    def bodies(self, word: str = "") -> list[Asked]:
        """GET requests for files whose path holds `word`."""
        return [a for a in self.asked if a.method == "GET" and word in a.path and not a.path.startswith("/api/")]


def git_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *args: Any) -> None:
        return

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub, path = self.hub, urlsplit(self.path).path
        hub.asked.append(Asked(self.command, path, {k.lower(): v for k, v in self.headers.items()}))
        if path in hub.redirects:
            return self._send(302, {"Location": hub.redirects[path]})
        if hub.faults.statuses and self.command == "GET":
            return self._send(hub.faults.statuses.pop(0), {}, b"out of order")
        if path.startswith("/api/models/"):
            return self._listing(path.removeprefix("/api/models/").split("/revision/")[0])
        resolved = re.fullmatch(r"/(.+?)/resolve/([^/]+)/(.+)", path)
        if resolved:
            return self._resolve(resolved[1], resolved[2], resolved[3])
        if path.startswith("/cdn/"):
            every = [data for repo in hub.repos.values() for data in repo.files.values()]
            return self._body(next(data for data in every if sha256(data) == path[5:]), {"ETag": '"of the cdn"'})
        data = hub.plain.get(path.removeprefix("/files/"))
        if data is None:
            return self._send(404, {})
        return self._body(data, {"ETag": f'"{sha256(data)[:16]}"', **hub.extra.get(path, {})})

    def _listing(self, name: str) -> None:
        repo = self.hub.repos.get(name)
        if repo is None or repo.private:
            return self._send(401, {"X-Error-Message": "Invalid username or password."})
        siblings = []
        for file, data in repo.files.items():
            entry: dict[str, Any] = {"rfilename": file, "size": len(data), "blobId": git_id(data)}
            if len(data) >= LARGE:
                entry["lfs"] = {"sha256": sha256(data), "size": len(data), "pointerSize": 134}
                entry["blobId"] = git_id(b"the pointer of " + data[:9])
            siblings.append(entry)
        told = {"id": name, "modelId": name, "sha": repo.commit, "siblings": siblings, "private": False, "tags": []}
        self._send(200, {"Content-Type": "application/json"}, json.dumps(told).encode())

    def _resolve(self, name: str, revision: str, file: str) -> None:
        repo = self.hub.repos.get(name)
        if repo is None or repo.private:
            return self._send(401, {"X-Error-Code": "RepoNotFound"})
        if repo.gated and "authorization" not in {key.lower() for key in self.headers}:
            return self._send(401, {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted."})
        if file not in repo.files or revision not in ("main", repo.commit):
            return self._send(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": repo.commit})
        data = repo.files[file]
        if len(data) < LARGE:
            return self._body(data, {"ETag": f'"{git_id(data)}"', "X-Repo-Commit": repo.commit})
        told = {"X-Linked-Etag": f'"{sha256(data)}"', "X-Linked-Size": str(len(data)), "X-Repo-Commit": repo.commit}
        self._send(302, {**told, "Location": f"{self.hub.store}/cdn/{sha256(data)}"})

    def _body(self, data: bytes, headers: dict[str, str]) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        stale = self.headers.get("If-Range", headers.get("ETag")) != headers.get("ETag")
        if asked is None or stale or not self.hub.faults.ranges:
            return self._send(200, headers, data)
        start = int(asked[1])
        if start >= len(data):
            return self._send(416, {"Content-Range": f"bytes */{len(data)}"})
        self._send(206, {**headers, "Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}, data[start:])

    def _send(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        faults, large = self.hub.faults, len(body) >= LARGE
        end = faults.cut.pop(0) if large and faults.cut else len(body)
        try:
            for at in range(0, end, PIECE):
                if large and at >= end // 2 and faults.stall:
                    time.sleep(faults.stall)
                self.wfile.write(body[at : min(at + PIECE, end)])
                time.sleep(faults.pause if large else 0)
        except OSError:  # the reader has left
            end = -1
        if end != len(body):
            self.close_connection = True


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub on a free port, for as long as the block runs."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    hub.store = hub.address.replace("127.0.0.1", "localhost")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
