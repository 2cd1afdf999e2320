"""What all requests of a server share: the engine with its queue, the limits, the keys, and the files it made."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import anyio
import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request

from corpus.serve.batching import BatchingQueue, QueuedTranslator
from corpus.serve.downloads import Downloads
from corpus.serve.fields import Fields
from corpus.serve.keys import ApiKeys
from translate.text.terminology import Terminology

__all__ = ["RequestLimits", "Service"]

T = TypeVar("T")

_THREADS = 256
"""Requests that are worked on at a time. Nearly all of them wait for the engine."""


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """How much may be asked.

    Attributes:
        characters: of all texts of a request.
        upload: bytes of a request, a file among them.
        waiting: sentences of all requests that wait; what comes then is refused.
        patience: seconds in which the next piece of a body has to come.
    """

    characters: int = 100_000
    upload: int = 20_000_000
    waiting: int = 4000
    patience: float = 30.0


@dataclass(slots=True, eq=False)
class Service:
    """What a request is answered with.

    Attributes:
        queue: translates.
        limits: how much may be asked.
        keys: who may ask; everybody when None.
        downloads: files that were translated.
    """

    queue: BatchingQueue
    limits: RequestLimits = field(default_factory=RequestLimits)
    keys: ApiKeys | None = None
    downloads: Downloads = field(default_factory=Downloads)
    _threads: anyio.CapacityLimiter | None = None

    def admit(self, request: Request, fields: Fields) -> None:
        """Refuse a request without a good key, where one is asked for.

        Raises:
            HTTPException: as LibreTranslate has it, 400 where the key is missing and 403 where it is wrong.
        """
        if self.keys is None:
            return
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        key = fields.text("api_key") or (bearer.strip() if scheme.lower() == "bearer" else "")
        if not key:
            raise HTTPException(400, "Please contact the server operator to get an API key")
        if key not in self.keys:
            raise HTTPException(403, "Invalid API key")

    async def translated(self, request: Request, work: Callable[[QueuedTranslator], T], terminology: Terminology) -> T:
        """Do work that translates in a thread of its own; when the client goes, it is dropped.

        Args:
            request: whose body was read.
            work: done with a translator that shares its batches with all others.
            terminology: what its translations are to have.
        """
        self._threads = self._threads or anyio.CapacityLimiter(_THREADS)
        translator = QueuedTranslator(self.queue, terminology)
        watcher = asyncio.create_task(_watch(request, translator))
        try:
            return await anyio.to_thread.run_sync(work, translator, limiter=self._threads)
        finally:
            translator.cancel()
            watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watcher


async def _watch(request: Request, translator: QueuedTranslator) -> None:
    while not await request.is_disconnected():
        await asyncio.sleep(0.2)
    translator.cancel()
