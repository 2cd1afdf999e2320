"""What the page asks for of a corpus: pairs to read, and corrections to save."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from corpus.serve.browse import OpenCorpus
from corpus.serve.fields import Fields, JsonAnswer, bad_request, read_fields
from corpus.serve.sentences import links_of
from corpus.serve.service import Service

__all__ = ["corpus_routes"]

_LONGEST = 20_000


def corpus_routes(service: Service, corpus: OpenCorpus) -> list[Route]:
    """The addresses of a corpus.

    Args:
        service: admits requests.
        corpus: that is read and corrected.
    """

    async def pairs(request: Request) -> Response:
        fields = await read_fields(request)
        service.admit(request, fields)
        wanted = (fields.text("q") or "", fields.text("flag") or "", fields.count("from"), fields.count("n") or 50)
        total, found = await anyio.to_thread.run_sync(corpus.find, *_bounded(*wanted))
        return JsonAnswer({"total": total, "pairs": await anyio.to_thread.run_sync(_all_linked, found)})

    async def corrections(request: Request) -> Response:
        fields = await read_fields(request)
        service.admit(request, fields)
        text = _correction(fields)
        shown = await anyio.to_thread.run_sync(corpus.correct, _bounded_row(fields.count("row")), text)
        return JsonAnswer({"pair": await anyio.to_thread.run_sync(_linked, shown)})

    return [
        Route("/corpus/pairs", pairs, methods=["POST"]),
        Route("/corpus/corrections", corrections, methods=["POST"]),
    ]


def _bounded(query: str, flag: str, start: int, n: int) -> tuple[str, str, int, int]:
    return query[:500], flag[:200], _bounded_row(start), n


def _bounded_row(number: int) -> int:
    return min(number, 1 << 40)  # an index has no larger one


def _correction(fields: Fields) -> str | None:
    """The text of a correction on one line; None where it is taken back."""
    given = fields.get("corrected")
    if given is None:
        return None
    if not isinstance(given, str) or len(given) > _LONGEST:
        raise bad_request(f"corrected parameter is no text of at most {_LONGEST} characters")
    text = " ".join(given.encode("utf-8", "replace").decode().split())
    if not text:
        raise bad_request("a correction has a text; take it back instead")
    return text


def _all_linked(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_linked(pair) for pair in found]


def _linked(pair: dict[str, Any]) -> dict[str, Any]:
    now = pair["target"] if pair["corrected"] is None else pair["corrected"]
    return {**pair, "words": links_of(pair["source"], now)}
