"""What the page asks for: a text sentence by sentence, each sent as soon as it is decoded, with its flags and links.

The answer is JSON, a record a line: first the sentences of the text, then the outcome of each in whatever order they
come, last that it is all. Offsets are code points.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from corpus.align.given import align
from corpus.pair import rounded
from corpus.serve.batching import Outcome
from corpus.serve.fields import bad_request, read_fields
from corpus.serve.service import Service
from corpus.serve.terms import terminology_of
from corpus.words.model import align_words
from translate.errors import DuizhaoError
from translate.pipeline.translation import Translation
from translate.text.records import Sentence
from translate.text.segment import segment_text
from translate.text.terminology import Terminology

__all__ = ["links_of", "sentence_routes"]

_LONGEST = 1000
"""Code points of either side beyond which words are not linked: the time grows with the product of both."""


def sentence_routes(service: Service) -> list[Route]:
    """The address at which the page translates.

    Args:
        service: answers with it.
    """

    async def sentences(request: Request) -> Response:
        fields = await read_fields(request)
        service.admit(request, fields)
        text = fields.texts("q")
        if not isinstance(text, str):
            raise bad_request("q parameter is not text")
        if len(text) > service.limits.characters:
            raise bad_request(f"request ({len(text)}) exceeds text limit ({service.limits.characters})")
        terminology = terminology_of(service, fields)
        options = replace(service.queue.translator.segmentation, hard_wrap="off")
        found = await anyio.to_thread.run_sync(segment_text, text, options)
        ordered = _Ordered(service, found, terminology)
        return StreamingResponse(ordered.records(), media_type="application/x-ndjson")

    return [Route("/sentences", sentences, methods=["POST"])]


def links_of(source: str, target: str) -> list[list[int]]:
    """Which words are counterparts: start and end in the source, then in the target."""
    if max(len(source), len(target)) > _LONGEST:
        return []
    return [[*here, *there] for here, there in align_words(source, target).spans]


class _Ordered:
    """A text that is being translated. Its sentences are in the queue before the first record is asked for."""

    def __init__(self, service: Service, sentences: Sequence[Sentence], terminology: Terminology) -> None:
        self._queue = service.queue
        self._sentences = sentences
        self._terminology = terminology
        self._done: asyncio.Queue[tuple[int, Outcome]] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def deliver(index: int, outcome: Outcome) -> None:
            with contextlib.suppress(RuntimeError):  # the server was made to stop at once
                loop.call_soon_threadsafe(self._done.put_nowait, (index, outcome))

        self._order = self._queue.submit([sentence.text for sentence in sentences], deliver, terminology)

    async def records(self) -> AsyncIterator[bytes]:
        try:
            yield _line(
                {
                    "sentences": [
                        {"paragraph": s.paragraph, "start": s.start, "end": s.end, "source": s.text}
                        for s in self._sentences
                    ],
                    "signature": self._queue.translator.signature,
                }
            )
            for _ in self._sentences:
                index, outcome = await self._done.get()
                yield _line(await anyio.to_thread.run_sync(self._record, index, outcome))
            yield _line({"done": len(self._sentences)})
        finally:
            self._queue.cancel(self._order)  # whoever closed the page wants no more of it

    def _record(self, index: int, outcome: Outcome) -> dict[str, Any]:
        if isinstance(outcome, DuizhaoError):
            return {"at": index, "error": str(outcome)}
        return {"at": index, **_judged(self._sentences[index], outcome, self._terminology)}


def _judged(sentence: Sentence, translation: Translation, terminology: Terminology) -> dict[str, Any]:
    (pair,) = align([sentence], [translation], terminology=terminology)
    return {
        "target": pair.target.text,
        "score": rounded(pair.score),
        "flags": list(pair.flags),
        "words": links_of(pair.source.text, pair.target.text),
    }


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n"
