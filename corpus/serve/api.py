"""LibreTranslate's API: the same addresses, parameters, answers and errors, so that its clients work unchanged.

Where it leaves a choice: there are no ``alternatives``, since the decoder hands out its best hypothesis only; a text
that is too long is refused with 400, as there, a body that is too large with 413.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from corpus.documents.translation import translate_document
from corpus.serve.downloads import safe_name
from corpus.serve.fields import Fields, JsonAnswer, bad_request, read_fields
from corpus.serve.files import suffixes, translate_file
from corpus.serve.languages import AUTO, NAMES, detect, language_of, listed
from corpus.serve.service import Service
from corpus.serve.terms import terminology_of
from translate.pipeline.translator import Translator

__all__ = ["api_routes"]

_FORMATS = ("text", "html")


def api_routes(service: Service) -> list[Route]:
    """The addresses of the API.

    Args:
        service: answers with it.
    """
    api = _Api(service)
    return [
        Route("/translate", api.translate, methods=["POST"]),
        Route("/translate_file", api.translate_file, methods=["POST"]),
        Route("/download_file/{token}", api.download_file, methods=["GET"], name="download_file"),
        Route("/detect", api.detect, methods=["POST"]),
        Route("/languages", api.languages, methods=["GET"]),
        Route("/frontend/settings", api.settings, methods=["GET"]),
        Route("/health", api.health, methods=["GET"]),
    ]


def _text(texts: Sequence[str], translator: Translator) -> list[str]:
    return translator.translate(texts)


def _html(texts: Sequence[str], translator: Translator) -> list[str]:
    pages = (text.encode("utf-8", "replace") for text in texts)
    return [translate_document(page, "html", translator, name="q").data.decode() for page in pages]


class _Api:
    def __init__(self, service: Service) -> None:
        self.service = service
        self.target = service.queue.translator.languages.primary[1]

    async def translate(self, request: Request) -> Response:
        fields = await self._fields(request)
        q, source, target = fields.texts("q"), fields.needed("source"), fields.needed("target")
        n_alternatives = fields.count("alternatives")
        given = fields.text("format") or "text"
        if given not in _FORMATS:
            raise HTTPException(400, f"{given[:100]} format is not supported; supported: {', '.join(_FORMATS)}")
        texts = [q] if isinstance(q, str) else q
        self._check_size(texts)
        found = self._check_languages(source, target, texts)
        terminology = terminology_of(self.service, fields)
        work = _html if given == "html" else _text
        english = await self.service.translated(request, lambda translator: work(texts, translator), terminology)
        answer: dict[str, Any] = {"translatedText": english[0] if isinstance(q, str) else english}
        if source == AUTO:
            answer["detectedLanguage"] = found if isinstance(q, str) else [found] * len(texts)
        if n_alternatives:
            answer["alternatives"] = [] if isinstance(q, str) else [[] for _ in texts]
        return JsonAnswer(answer)

    async def translate_file(self, request: Request) -> Response:
        fields = await self._fields(request)
        upload = fields.file("file")
        source, target = fields.needed("source"), fields.needed("target")
        name = safe_name(upload.name)
        if PurePath(name).suffix.lower() not in suffixes():
            raise bad_request(f"file format not supported; supported: {', '.join(suffixes())}")
        content = upload.content
        if not content.strip():
            raise bad_request("empty file")
        self._check_languages("zh" if source == AUTO else source, target, [])
        terminology = terminology_of(self.service, fields)
        made = await self.service.translated(
            request, lambda translator: translate_file(content, name, translator), terminology
        )
        path = PurePath(name)
        saved = f"{path.stem}.{self.target}{path.suffix}"
        token = self.service.downloads.keep(saved, made)
        return JsonAnswer({"translatedFileUrl": str(request.url_for("download_file", token=token)), "name": saved})

    async def download_file(self, request: Request) -> Response:
        file = self.service.downloads.find(request.path_params["token"])
        if file is None:
            raise HTTPException(404, "no such file, or none any more: files are kept for half an hour")
        disposition = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
        headers = {"Content-Disposition": disposition}
        return Response(file.content, media_type="application/octet-stream", headers=headers)

    async def detect(self, request: Request) -> Response:
        q = (await self._fields(request)).texts("q")
        return JsonAnswer(detect(q if isinstance(q, str) else "\n".join(q)))

    async def languages(self, request: Request) -> Response:
        del request
        return JsonAnswer(listed(self.service.queue.translator.languages))

    async def settings(self, request: Request) -> Response:
        del request
        needs_key = self.service.keys is not None
        return JsonAnswer(
            {
                "charLimit": self.service.limits.characters,
                "frontendTimeout": 500,
                "apiKeys": needs_key,
                "keyRequired": needs_key,
                "suggestions": False,
                "filesTranslation": True,
                "supportedFilesFormat": suffixes(),
                "language": {
                    "source": {"code": "zh", "name": NAMES["zh"]},
                    "target": {"code": self.target, "name": NAMES[self.target]},
                },
            }
        )

    async def health(self, request: Request) -> Response:
        del request
        return JsonAnswer({"status": "ok"})

    async def _fields(self, request: Request) -> Fields:
        fields = await read_fields(request)
        self.service.admit(request, fields)
        return fields

    def _check_size(self, texts: Sequence[str]) -> None:
        n, most = sum(map(len, texts)), self.service.limits.characters
        if n > most:
            raise bad_request(f"request ({n}) exceeds text limit ({most})")

    def _check_languages(self, source: str, target: str, texts: Sequence[str]) -> dict[str, Any]:
        """Refuse what the model does not do; returns the language of the source."""
        found: dict[str, Any] = {"confidence": 100.0, "language": source}
        if source == AUTO:
            found = detect("\n".join(texts))[0]
        read, written = language_of(found["language"]), language_of(target)
        if read is None:
            raise HTTPException(400, f"{found['language'][:100]} is not supported")
        if written is None:
            raise HTTPException(400, f"{target[:100]} is not supported")
        if read == self.target or written != self.target:
            raise HTTPException(
                400,
                f"{NAMES[written]} ({written}) is not available as a target language from {NAMES[read]} ({read})",
            )
        return found
