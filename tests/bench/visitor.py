"""A visitor without a browser: runs a page of the real server over its websocket, and counts what is sent."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlparse

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Subprotocol
from websockets.sync.client import ClientConnection, connect

from pages.shared.owner import COOKIE

RUN_SECONDS = 120.0
LARGEST = 256 * 1024 * 1024  # bytes of one message


@dataclass(frozen=True)
class Run:
    """One run of the page's script, with those that it asks for. ms: until its end. sent: bytes, as they travel."""

    ms: float
    sent: int
    messages: int


class CountingSocket(socket.socket):
    """received: bytes until now."""

    received = 0

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        data = super().recv(size, flags)
        self.received += len(data)
        return data


@dataclass
class Visitor:
    """What the browser would know of the page: its widgets' ids and fragments by key, the messages that it caches."""

    server: ClientConnection
    wire: CountingSocket
    page: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    fragments: dict[str, str] = field(default_factory=dict)
    cached: dict[str, None] = field(default_factory=dict)

    def open(self, page: str) -> Run:
        """Run a page by its name in the address; "" is Home."""
        message = self._message("")
        message.rerun_script.page_script_hash, message.rerun_script.page_name = "", page
        return self._run(message)

    def rerun(self) -> Run:
        """Run the whole page once more; nothing was touched."""
        return self._run(self._message(""))

    def click(self, key: str) -> Run:
        """Press a button."""
        message = self._message(key)
        message.rerun_script.widget_states.widgets.add(id=self.ids[key], trigger_value=True)
        return self._run(message)

    def slide(self, key: str, value: float) -> Run:
        """Move a slider."""
        message = self._message(key)
        state = message.rerun_script.widget_states.widgets.add(id=self.ids[key])
        state.double_array_value.data.append(value)
        return self._run(message)

    def say(self, key: str, text: str) -> Run:
        """Send words with a chat field."""
        message = self._message(key)
        state = message.rerun_script.widget_states.widgets.add(id=self.ids[key])
        state.chat_input_value.data = text
        return self._run(message)

    def key(self, prefix: str) -> str:
        """The newest widget whose key begins like this."""
        return [known for known in self.ids if known.startswith(prefix)][-1]

    def _message(self, key: str) -> BackMsg:
        message = BackMsg()
        message.rerun_script.page_script_hash = self.page
        message.rerun_script.cached_message_hashes.extend(self.cached)
        message.rerun_script.fragment_id = self.fragments.get(key, "")
        return message

    def _run(self, message: BackMsg) -> Run:
        begin, before, count = time.perf_counter(), self.wire.received, 0
        self.server.send(message.SerializeToString())
        while True:
            data = self.server.recv(RUN_SECONDS)
            assert isinstance(data, bytes)
            told, count = ForwardMsg.FromString(data), count + 1
            self._hear(told)
            ended = told.WhichOneof("type") == "script_finished"
            if ended and told.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return Run((time.perf_counter() - begin) * 1000, self.wire.received - before, count)

    def _hear(self, told: ForwardMsg) -> None:
        if told.hash and told.metadata.cacheable:
            self.cached[told.hash] = None
        if told.HasField("navigation"):
            self.page = told.navigation.page_script_hash
        if told.HasField("delta"):
            element: Any = told.delta.new_element
            kind = element.WhichOneof("type") if told.delta.HasField("new_element") else None
            identity = getattr(getattr(element, kind), "id", "") if kind else ""
            if isinstance(identity, str) and identity.startswith("$$"):
                key = identity.split("-", 2)[2]
                self.ids.pop(key, None)
                self.ids[key], self.fragments[key] = identity, told.delta.fragment_id


@contextmanager
def visitor(address: str, browser: str) -> Iterator[Visitor]:
    """A session of the browser whose cookie holds `browser` (32 hexadecimal digits)."""
    where = urlparse(address)
    wire = CountingSocket()
    wire.connect((where.hostname, where.port))
    headers = {"Cookie": f"{COOKIE}={browser}"}
    url = f"ws://{where.netloc}/_stcore/stream"
    with connect(
        url, sock=wire, additional_headers=headers, subprotocols=[Subprotocol("streamlit")], max_size=LARGEST
    ) as server:
        yield Visitor(server, wire)
