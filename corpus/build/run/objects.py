"""A run in an object store, by fsspec: S3, Google Cloud Storage and the like.

An object is there whole or not at all. `put` asks the store to refuse a name that is taken (``If-None-Match: *`` on
S3), so the first of several writers stays. There are no locks: give each worker its own parts, with ``--shard``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from fsspec.core import url_to_fs

from corpus.build.journal import ShardJournal
from translate.errors import OutputError, UsageError, first_line

__all__ = ["ObjectFiles"]


class ObjectFiles:
    """The files of a run below a URL; see `corpus.build.run.files.RunFiles`.

    Args:
        url: such as ``s3://bucket/run``; credentials and endpoint are found as the library of that store does.

    Raises:
        UsageError: no library for such a URL is installed.
    """

    def __init__(self, url: str) -> None:
        try:
            # No listings that are remembered: others write while we look.
            self._fs, self._root = url_to_fs(url, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise UsageError(f"{url}: cannot be opened: {first_line(error)}") from error
        self._url = url.rstrip("/")

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def label(self, name: str) -> str:
        """Its URL."""
        return f"{self._url}/{name}"

    @contextlib.contextmanager
    def _errors(self, name: str, what: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, FileExistsError):
            raise
        except Exception as error:  # the seam: every store raises errors of its own
            raise OutputError(f"{self.label(name)}: cannot be {what}: {first_line(error)}") from error

    def read(self, name: str) -> bytes | None:
        """See `RunFiles`."""
        try:
            with self._errors(name, "read"):
                return bytes(self._fs.cat_file(self._path(name)))
        except FileNotFoundError:
            return None

    def has(self, name: str) -> bool:
        """See `RunFiles`."""
        with self._errors(name, "looked for"):
            return bool(self._fs.exists(self._path(name)))

    def put(self, name: str, content: bytes) -> bool:
        """See `RunFiles`."""
        try:
            with self._errors(name, "written"):
                self._fs.pipe_file(self._path(name), content, mode="create")
        except FileExistsError:
            return False
        except OutputError:
            # Some stores call a taken name by an error of their own (412); what is there decides.
            if self.has(name):
                return False
            raise
        return True

    def replace(self, name: str, content: bytes) -> None:
        """See `RunFiles`."""
        with self._errors(name, "written"):
            self._fs.pipe_file(self._path(name), content)

    def names(self, folder: str) -> list[str]:
        """See `RunFiles`."""
        try:
            with self._errors(folder, "listed"):
                found = self._fs.ls(self._path(folder), detail=False)
        except FileNotFoundError:
            return []
        return sorted(f"{folder}/{str(path).rpartition('/')[2]}" for path in found)

    def journal(self, key: str) -> ShardJournal | None:
        """None: nothing can be appended to an object. A kill costs the part under way."""
        del key
        return None

    @contextlib.contextmanager
    def claim(self, key: str, *, wait: bool) -> Iterator[bool]:
        """Always ours: there are no locks."""
        del key, wait
        yield True

    def tidy(self, done: frozenset[str] | None = None) -> None:
        """Nothing is ever half-written."""
        del done
