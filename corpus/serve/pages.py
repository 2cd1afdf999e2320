"""The page: three files of this package, what it must know of the server, and the pairs it hands out as a file."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from corpus.pair import Pair, Span, columns_of
from corpus.serve.browse import OpenCorpus
from corpus.serve.fields import JsonAnswer, bad_request, read_fields
from corpus.serve.files import suffixes
from corpus.serve.service import Service
from corpus.writers.base import RunMeta
from corpus.writers.writer import open_writer
from translate.text.flags import Flag
from translate.version import __version__

__all__ = ["page_routes"]

_PARTS = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}
_EXPORTS = {"tsv": "text/tab-separated-values", "tmx": "application/x-tmx+xml"}
_MOST_PAIRS = 20_000


def page_routes(service: Service, corpus: OpenCorpus | None = None) -> list[Route]:
    """The addresses of the page.

    Args:
        service: answers with it.
        corpus: that can be read; None where there is none.
    """

    async def about(request: Request) -> Response:
        del request
        translator = service.queue.translator
        return JsonAnswer(
            {
                "version": __version__,
                "model": translator.model.spec.name,
                "signature": translator.signature,
                "flags": {str(flag): flag.meaning for flag in Flag},
                "files": suffixes(),
                "charLimit": service.limits.characters,
                "keyRequired": service.keys is not None,
                "corpus": corpus and {"name": corpus.name, "pairs": corpus.n_pairs, "flags": corpus.flags},
            }
        )

    async def export(request: Request) -> Response:
        fields = await read_fields(request)
        service.admit(request, fields)
        kind = fields.needed("format")
        if kind not in _EXPORTS:
            raise bad_request(f"format is none of {', '.join(_EXPORTS)}")
        pairs = _pairs(fields.get("pairs"))
        signature = service.queue.translator.signature
        content = await anyio.to_thread.run_sync(_written, pairs, kind, signature)
        return Response(content, media_type=_EXPORTS[kind])

    parts = [Route(path, partial(_part, name, kind), methods=["GET"]) for path, (name, kind) in _PARTS.items()]
    return [*parts, Route("/about", about, methods=["GET"]), Route("/export", export, methods=["POST"])]


async def _part(name: str, kind: str, request: Request) -> Response:
    del request
    return Response(_read(name), media_type=kind)


@cache
def _read(name: str) -> str:
    return files("corpus.serve").joinpath(name).read_text(encoding="utf-8")


def _pairs(given: Any) -> list[Pair]:
    """The pairs of a request, which may hold anything.

    Raises:
        HTTPException: 400, it holds no pairs.
    """
    if not isinstance(given, list) or not 0 < len(given) <= _MOST_PAIRS or not all(isinstance(p, dict) for p in given):
        raise bad_request(f"pairs parameter is no list of 1 to {_MOST_PAIRS} pairs")
    return [_pair(number, fields) for number, fields in enumerate(given)]


def _pair(number: int, fields: dict[str, Any]) -> Pair:
    source, target, flags, score = (fields.get(name) for name in ("source", "target", "flags", "score"))
    if not isinstance(source, str) or not isinstance(target, str):
        raise bad_request(f"pair {number} has no source and target")
    if not isinstance(flags, list) or not all(isinstance(flag, str) for flag in flags):
        raise bad_request(f"pair {number} has no flags")
    paragraph = fields.get("paragraph")
    place = paragraph if isinstance(paragraph, int) and 0 <= paragraph < 1 << 31 else number
    span = Span("page", place, number, None, None, source, source)
    known = float(score) if isinstance(score, int | float) and math.isfinite(score) else None
    return Pair(span, Span.unplaced(target), known, flags=tuple(sorted(set(flags))))


def _written(pairs: Sequence[Pair], kind: str, signature: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="duizhao-") as folder:
        path = Path(folder) / f"pairs.{kind}"
        with open_writer(path, None, RunMeta(signature, __version__, origin="machine"), columns_of(pairs)) as writer:
            writer.write_all(pairs)
        return path.read_bytes()
