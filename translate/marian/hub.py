"""The model hub and its cache.

Downloads go through ``huggingface_hub``, so its cache and its environment variables (``HF_HOME``, ``HF_ENDPOINT``,
``HF_HUB_OFFLINE``, ``HF_TOKEN`` …) work as everywhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from translate.errors import ModelUnavailableError, first_line
from translate.marian.model import ModelSpec

__all__ = ["Progress", "cached", "discard", "fetch"]

Progress = Callable[[str, int, int], None]
"""Called while a file comes in, with its name, the bytes so far and the bytes in all."""


def cached(spec: ModelSpec, file: str) -> Path | None:
    """Where the hub's cache holds a file of the pinned revision, or None."""
    from huggingface_hub import try_to_load_from_cache  # half a second that most calls need not pay

    path = try_to_load_from_cache(str(spec.repo), file, revision=spec.revision)
    return Path(path) if isinstance(path, str) and Path(path).is_file() else None


def discard(path: Path) -> None:
    """Remove a file from the hub's cache, so that `fetch` brings it again.

    ``force_download`` would not do: it fetches the file but leaves the link of the snapshot on the old bytes when
    the hub names the new ones differently.

    Args:
        path: where `cached` found it.

    Raises:
        ModelUnavailableError: it cannot be removed.
    """
    try:
        path.resolve().unlink()
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ModelUnavailableError(f"cannot replace the damaged {path}: {first_line(error)}; remove it") from error


def fetch(spec: ModelSpec, files: Sequence[str], progress: Progress | None, patience: float) -> None:
    """Bring files of the pinned revision into the hub's cache.

    Args:
        spec: which model.
        files: those to fetch; nothing is asked when there are none.
        progress: told of the download.
        patience: seconds in which the hub has to answer.

    Raises:
        ModelUnavailableError: the hub may not be asked, does not answer, or breaks off.
    """
    if not files:
        return
    from huggingface_hub import constants, hf_hub_download

    if constants.HF_HUB_OFFLINE:
        raise ModelUnavailableError(
            f"model {spec.name!r} is not in the cache ({files[0]} is missing) and HF_HUB_OFFLINE forbids to fetch it"
        )
    _ask_hub(spec, files[0], patience)
    for file in files:
        with _hub_errors(spec, file):
            hf_hub_download(
                str(spec.repo),
                file,
                revision=spec.revision,
                tqdm_class=_reporter(file, spec.files[file].n_bytes, progress),
            )


def _ask_hub(spec: ModelSpec, file: str, patience: float) -> None:
    """Find out within ``patience`` seconds whether the hub answers.

    The hub's client retries for minutes, and a name server that is down blocks before any of its timeouts counts;
    so the question is asked in a thread that is left behind when the time is over.

    Raises:
        ModelUnavailableError: it does not answer, or refuses.
    """
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url

    refusals: list[ModelUnavailableError] = []

    def ask() -> None:
        try:
            with _hub_errors(spec, file):
                get_hf_file_metadata(hf_hub_url(str(spec.repo), file, revision=spec.revision), timeout=patience)
        except ModelUnavailableError as error:
            refusals.append(error)

    thread = threading.Thread(target=ask, name="ask-hub", daemon=True)
    thread.start()
    thread.join(patience)
    if thread.is_alive():
        raise ModelUnavailableError(
            f"model {spec.name!r} is not in the cache and {constants.ENDPOINT} did not answer in {patience:g} s"
        )
    if refusals:
        raise refusals[0]


@contextmanager
def _hub_errors(spec: ModelSpec, file: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # the hub's client lets the errors of its HTTP library through, and changes that
        from huggingface_hub import constants

        raise ModelUnavailableError(
            f"{file} of model {spec.name!r} is not in the cache and cannot be had from {constants.ENDPOINT}: "
            f"{first_line(error)}"
        ) from error


def _reporter(file: str, n_bytes: int, progress: Progress | None) -> type[Any]:
    """A progress bar for the hub's client that draws nothing and tells ``progress``."""
    from huggingface_hub.utils.tqdm import tqdm

    class Reporter(tqdm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._done = int(kwargs.get("initial") or 0)
            super().__init__(*args, **{**kwargs, "disable": True})  # type: ignore[no-untyped-call]  # tqdm is untyped

        def update(self, n: float | None = 1) -> bool | None:
            self._done += int(n or 0)
            if progress is not None:
                progress(file, self._done, n_bytes)
            return None

    return Reporter
