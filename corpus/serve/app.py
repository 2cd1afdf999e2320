"""The application: addresses, what stands before them, and what becomes of errors."""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from corpus.serve.api import api_routes
from corpus.serve.batching import BusyError, CancelledError
from corpus.serve.browse import OpenCorpus
from corpus.serve.corpus_routes import corpus_routes
from corpus.serve.fields import JsonAnswer
from corpus.serve.guards import BodyLimit, SameSite, SecureHeaders
from corpus.serve.pages import page_routes
from corpus.serve.sentences import sentence_routes
from corpus.serve.service import Service
from translate.errors import DuizhaoError, InputError, UsageError

__all__ = ["LOOPBACK", "make_app"]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names by which only programs of this machine call it."""

_GONE = 499


def make_app(
    service: Service,
    *,
    corpus: OpenCorpus | None = None,
    hosts: frozenset[str] | None = LOOPBACK,
    is_verbose: bool = False,
) -> Starlette:
    """Put a server together.

    Args:
        service: what requests are answered with; its queue is closed when the application ends.
        corpus: to be read and corrected; None for none.
        hosts: names by which it may be called; any when None.
        is_verbose: whether the traceback of a mistake of ours is written to stderr, which may hold text of users.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        yield
        service.queue.close()

    def failed(request: Request, error: Exception) -> Response:
        """A mistake of ours, told by its kind alone: its message may hold what somebody had translated."""
        where = "".join(traceback.format_exception(error)) if is_verbose else ""
        print(f"duizhao: {request.url.path}: {type(error).__name__}\n{where}", file=sys.stderr, end="")
        return JsonAnswer({"error": "Internal error; this is a mistake in duizhao"}, status_code=500)

    return Starlette(
        routes=[
            *api_routes(service),
            *sentence_routes(service),
            *page_routes(service, corpus),
            *(corpus_routes(service, corpus) if corpus else ()),
        ],
        middleware=[
            Middleware(SecureHeaders),
            Middleware(SameSite, hosts=hosts),
            Middleware(BodyLimit, most=service.limits.upload, patience=service.limits.patience),
        ],
        exception_handlers={
            HTTPException: _refused,
            DuizhaoError: _not_done,
            ClientDisconnect: _gone,
            Exception: failed,
        },
        lifespan=lifespan,
    )


def _refused(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, HTTPException)  # it is registered for these
    return JsonAnswer({"error": error.detail}, status_code=error.status_code, headers=error.headers)


def _gone(request: Request, error: Exception) -> Response:
    """Nobody is there to be answered, and nothing is wrong."""
    del request, error
    return JsonAnswer({"error": "the client went away"}, status_code=_GONE)


def _not_done(request: Request, error: Exception) -> Response:
    del request
    if isinstance(error, BusyError):
        return JsonAnswer({"error": f"Slowdown: {error}"}, status_code=429, headers={"Retry-After": "5"})
    if isinstance(error, InputError | UsageError):
        return JsonAnswer({"error": str(error)}, status_code=400)
    return JsonAnswer({"error": str(error)}, status_code=_GONE if isinstance(error, CancelledError) else 500)
