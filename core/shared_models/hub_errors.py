"""What a hub answers when it gives nothing, in plain words with a remedy. No token is ever shown."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from core.errors import EngineUnavailable, WorkbenchError
from core.shared_models import wire
from core.shared_models.disk import FULL, disk_error

TOKEN = "set a token: hf auth login (or the environment variable HF_TOKEN)"


def told(error: Exception, repository: str, host: str) -> Exception:
    """An error of huggingface_hub as `EngineUnavailable`, or as `Passing` where another try may help."""
    errors = importlib.import_module("huggingface_hub.errors")
    if isinstance(error, WorkbenchError):
        return error
    if isinstance(error, errors.OfflineModeIsEnabled):
        return EngineUnavailable(f"{repository} is not here, and HF_HUB_OFFLINE forbids the network.", "Unset it.")
    if isinstance(error, errors.HFValidationError):
        return EngineUnavailable(f"{repository!r} is no repository's name.", 'Write "owner/name", or a path.')
    response = getattr(error, "response", None)
    if response is not None:
        headers = {str(key).lower(): str(value) for key, value in response.headers.items()}
        return answered(response.status_code, headers, str(response.url), repository, host)
    if isinstance(error, OSError) and error.errno in FULL:
        return disk_error(error, repository)
    if isinstance(error.__cause__, errors.FileMetadataError):
        return EngineUnavailable(f"{host} does not answer as a hub does.", "Check HF_ENDPOINT, and the proxy.")
    if isinstance(error, errors.LocalEntryNotFoundError):
        return wire.Passing(f"the connection to {host} broke off")
    fault = wire.fault(error, f"//{host}")
    if isinstance(fault, wire.Passing | WorkbenchError):
        return fault
    if type(error).__module__.partition(".")[0] in ("httpx", "httpcore"):  # huggingface_hub from version 1 on
        if any(said in str(error) for said in wire.UNNAMED):
            return wire.no_such_host(host)
        return wire.Passing(f"{host} cannot be reached", tries=wire.UNREACHED)
    return EngineUnavailable(
        f"{repository} cannot be fetched ({type(error).__name__}: {str(error)[:200]}).", wire.NETWORK
    )


def answered(status: int, headers: Mapping[str, str], address: str, repository: str, host: str) -> Exception:
    """An HTTP status of the hub. A missing repository is answered with 401 too, so that private ones stay hidden."""
    code, message = headers.get("x-error-code", ""), headers.get("x-error-message", "")
    if code == "GatedRepo":
        return EngineUnavailable(
            f"{repository} is gated: its owner asks that its terms be accepted first.",
            f"Sign in at {host}/{repository} and accept its terms; then {TOKEN}.",
        )
    if status == 401 and message.startswith("Invalid credentials"):
        return EngineUnavailable(f"{host} does not accept the token that is set here.", f"Renew it: {TOKEN}.")
    if code == "EntryNotFound":
        return EngineUnavailable(
            f"The repository {repository} has no {wire.shown(address).rpartition('/')[2]}.", "Check the file's name."
        )
    if code == "RepoNotFound" or status in (401, 404):
        return EngineUnavailable(
            f"There is no repository {repository} on {host}, or it is private.",
            f"Check the name in the settings; for a private one, {TOKEN}.",
        )
    if status == 403:
        return EngineUnavailable(f"{host} refuses {repository} (HTTP 403).", f"Ask for access there; then {TOKEN}.")
    return wire.refused(status, headers, address)
