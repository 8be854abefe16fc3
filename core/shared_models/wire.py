"""One GET in a thread of its own, so that Stop need not wait for a server that stalls; its faults in plain words."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

from core.errors import EngineUnavailable
from core.jobs import Job

T = TypeVar("T")
TIMEOUTS = (10.0, 30.0)  # seconds: to connect, and between two pieces of an answer
HOPS = 5  # redirects; hubs and release pages take one or two
CHUNK = 1 << 16  # bytes; of a piece that is cut, what came is lost
AHEAD = 32  # chunks read before they are written
POLL = 0.1  # seconds between two looks at Stop
REDIRECTS = (301, 302, 303, 307, 308)
PASSING = (408, 429, 500, 502, 503, 504)
UNREACHED = 2  # tries at a server that does not answer at all
LONGEST_WAIT = 30.0  # seconds; a server may ask for more (Retry-After)
UNNAMED = ("NameResolution", "getaddrinfo", "name resolution", "not known", "No address associated")
BY_HAND = "or put the weights on this machine by hand and give their path as `model`."
NETWORK = f"Check the network and its proxy, then download again; {BY_HAND}"


class Passing(Exception):
    """A fault that may pass: worth another try. wait: seconds that the server asks for. tries: at most so many."""

    def __init__(self, reason: str, wait: float = 0.0, tries: int | None = None) -> None:
        super().__init__(reason)
        self.wait, self.tries = wait, tries


@dataclass(frozen=True)
class Answer:
    """A server's last word: its status, and headers with their names in small letters."""

    status: int
    headers: Mapping[str, str]


def shown(address: str) -> str:
    """An address for messages: without a name, a password or a signature that it may carry."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"


def beside(job: Job, call: Callable[[], T]) -> T:
    """What `call` returns or raises; it runs in its own thread, which Stop leaves behind."""
    done: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((call(), None))
        except BaseException as error:
            done.put((None, error))

    threading.Thread(target=run, name="beside", daemon=True).start()
    while True:
        job.check()
        try:
            value, error = done.get(timeout=POLL)
        except queue.Empty:
            continue
        if error is not None:
            raise error
        return value  # type: ignore[return-value]


@contextmanager
def get(address: str, headers: Mapping[str, str], job: Job) -> Iterator[tuple[Answer, Iterator[bytes]]]:
    """The answer and the pieces of its body. `headers` do not follow a redirect to another host.

    Raises `Passing`, `EngineUnavailable`, and `Cancelled` at once when the job is stopped.
    """
    items: queue.Queue[Answer | bytes | BaseException | None] = queue.Queue(AHEAD)
    closed = threading.Event()

    def put(item: Answer | bytes | BaseException | None) -> bool:
        while not closed.is_set():
            try:
                items.put(item, timeout=POLL)
                return True
            except queue.Full:
                continue
        return False

    def run() -> None:
        try:
            with _opened(address, dict(headers)) as response:
                answer = Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()})
                going = put(answer)
                for chunk in response.iter_content(CHUNK) if going else ():
                    if not put(chunk):
                        return
            put(None)
        except BaseException as error:
            put(error)

    threading.Thread(target=run, name="download", daemon=True).start()
    try:
        pieces = _taken(items, job, address)
        answer = next(pieces)
        assert isinstance(answer, Answer)
        yield answer, (piece for piece in pieces if isinstance(piece, bytes))
    finally:
        closed.set()


def _taken(
    items: queue.Queue[Answer | bytes | BaseException | None], job: Job, address: str
) -> Iterator[Answer | bytes]:
    while True:
        job.check()
        try:
            item = items.get(timeout=POLL)
        except queue.Empty:
            continue
        if item is None:
            return
        if isinstance(item, BaseException):
            raise fault(item, address) from item
        yield item


def _opened(address: str, headers: dict[str, str]) -> Any:
    """A streamed response (of requests) after at most HOPS redirects."""
    import requests

    session = requests.Session()
    here = address
    for _ in range(HOPS + 1):
        _check_scheme(here, address)
        response = session.get(here, headers=headers, stream=True, allow_redirects=False, timeout=TIMEOUTS)
        to = response.headers.get("Location", "")
        if response.status_code not in REDIRECTS or not to:
            return response
        response.close()
        after = urljoin(here, to)
        if urlsplit(here).scheme == "https" and urlsplit(after).scheme != "https":
            raise EngineUnavailable(
                f"{shown(address)} leads to an address that is not encrypted.", f"Use another source; {BY_HAND}"
            )
        if urlsplit(after).netloc != urlsplit(here).netloc:  # a token is not for others
            headers = {
                name: value for name, value in headers.items() if name.lower() not in ("authorization", "cookie")
            }
        here = after
    raise EngineUnavailable(f"{shown(address)} leads from address to address, without end.", f"Check it; {BY_HAND}")


def _check_scheme(address: str, first: str) -> None:
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        sound = False
    if not sound:
        raise EngineUnavailable(
            f"{first.split('?')[0]!r} is no http or https address.", "Check `model` in the settings."
        )


def fault(error: BaseException, address: str) -> BaseException:
    """A library's error as `Passing` or `EngineUnavailable`; what is neither stays as it is."""
    import requests

    known, host = requests.exceptions, urlsplit(address).netloc.rpartition("@")[2]
    text = f"{error!r} {error.__context__!r}"
    if isinstance(error, known.SSLError):
        return EngineUnavailable(
            f"The certificate of {host} is not trusted here.",
            f"Check this machine's clock and certificates (REQUESTS_CA_BUNDLE); {BY_HAND}",
        )
    if isinstance(error, known.ProxyError):
        return EngineUnavailable(f"The proxy on the way to {host} refuses.", NETWORK)
    if isinstance(error, known.ConnectionError) and any(said in text for said in UNNAMED):
        return no_such_host(host)
    if isinstance(error, known.Timeout) and not isinstance(error, known.ConnectTimeout):
        return Passing(f"{host} does not answer in time")
    if isinstance(error, known.ConnectionError):
        cut = isinstance(error.args[0] if error.args else None, OSError) or "Read" in text or "aborted" in text
        return Passing(f"the connection to {host} broke off") if cut else Passing(
            f"{host} cannot be reached", tries=UNREACHED
        )  # fmt: skip
    if isinstance(error, known.ChunkedEncodingError | known.ContentDecodingError):
        return Passing(f"the connection to {host} broke off")
    if isinstance(error, known.RequestException):
        return EngineUnavailable(f"{shown(address)} cannot be asked ({type(error).__name__}).", NETWORK)
    return error


def no_such_host(host: str) -> EngineUnavailable:
    return EngineUnavailable(f"There is no network here, or no such server as {host}.", NETWORK)


def refused(status: int, headers: Mapping[str, str], address: str) -> Exception:
    """Why an answer is no file: `Passing` where another try may help."""
    where = shown(address)
    if status in PASSING:
        asked = headers.get("retry-after", "")
        wait = min(float(asked), LONGEST_WAIT) if asked.isdigit() else 0.0
        return Passing(f"{urlsplit(where).netloc} is busy or broken (HTTP {status})", wait)
    if status in (401, 403):
        return EngineUnavailable(
            f"{where} is not open to everybody (HTTP {status}).", f"Get it from its owner and {BY_HAND[3:]}"
        )
    if status in (404, 410):
        return EngineUnavailable(
            f"There is nothing at {where} (HTTP {status}).", f"Check the name in the settings; {BY_HAND}"
        )
    return EngineUnavailable(f"{where} gives no file (HTTP {status}).", f"Try later; {BY_HAND}")
