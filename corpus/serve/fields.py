"""What a request asks for, whether it came as JSON or as a form; and answers in JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

__all__ = ["Fields", "JsonAnswer", "Upload", "bad_request", "read_fields"]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form.

    Attributes:
        name: as the client sent it.
        content: its bytes.
    """

    name: str
    content: bytes


class JsonAnswer(Response):
    """JSON in ASCII: a text that was cut in the middle of a surrogate pair is no reason for a second error."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The bytes of the answer."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def bad_request(why: str) -> HTTPException:
    """The error of a request that makes no sense, as LibreTranslate answers it."""
    return HTTPException(400, f"Invalid request: {why}")


class Fields:
    """The parameters of a request, by name.

    Args:
        values: as they came.
        is_json: whether they came as JSON, where a value may be anything.
    """

    def __init__(self, values: Mapping[str, Any], *, is_json: bool) -> None:
        self._values = values
        self.is_json = is_json

    def get(self, name: str) -> Any:
        """A value; None where it is missing."""
        return self._values.get(name)

    def text(self, name: str) -> str | None:
        """A value that must be text; None where it is missing or empty."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise bad_request(f"{name} parameter is not text")
        return value

    def needed(self, name: str) -> str:
        """A text that must not be missing."""
        value = self.text(name)
        if value is None:
            raise bad_request(f"missing {name} parameter")
        return value

    def texts(self, name: str) -> str | list[str]:
        """One text, or a list of them, that must not be missing; a form's line ends are made line feeds."""
        value = self._values.get(name)
        if value is None or value in ("", []):
            raise bad_request(f"missing {name} parameter")
        if isinstance(value, str):
            return value if self.is_json else value.replace("\r\n", "\n").replace("\r", "\n")
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise bad_request(f"{name} parameter is neither a text nor a list of texts")
        return value

    def count(self, name: str) -> int:
        """A number from 0 on; 0 where it is missing."""
        value = self._values.get(name)
        if value is None or value == "":
            return 0
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return max(0, value)
        raise bad_request(f"{name} parameter is not a number")

    def file(self, name: str) -> Upload:
        """A file that must not be missing."""
        value = self._values.get(name)
        if not isinstance(value, Upload):
            raise bad_request(f"missing {name} parameter")
        return value


async def read_fields(request: Request) -> Fields:
    """Read a request's body.

    Raises:
        HTTPException: 400, it is neither an object of JSON nor a form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        return Fields(await _read_json(request), is_json=True)
    values: dict[str, Any] = {}
    async with request.form(max_files=1, max_fields=100, max_part_size=1 << 26) as form:
        # Of a name that is given several times the first, and that of the form before that of the address.
        for name, value in [*form.multi_items(), *request.query_params.multi_items()]:
            if isinstance(value, UploadFile):
                values.setdefault(name, Upload(value.filename or "", await value.read()))
            else:
                values.setdefault(name, value)
    return Fields(values, is_json=False)


async def _read_json(request: Request) -> dict[str, Any]:
    body = await request.body()
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, or lists within lists without end
        raise HTTPException(400, "Invalid JSON format") from error
    if not isinstance(values, dict):
        raise HTTPException(400, "Invalid JSON format")
    return values
