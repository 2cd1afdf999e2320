"""The page: what was counted, and columns of pairs, in one HTML file that asks no network for anything.

Its policy allows the one script and the one style sheet that are in it, by their hashes, and nothing else: no request,
no other script, no HTML made of text. So whatever a document holds stays text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from corpus.report.columns import Column
from corpus.writers.base import as_bytes
from translate.files.atomic import Sink

__all__ = ["write_page"]

_PLACE = re.compile(r"\{\{([a-z]+)\}\}")
_POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; img-src data:; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


def write_page(sink: Sink, summary: Mapping[str, Any], columns: Iterable[Column]) -> None:
    """Write the page; columns are taken one by one.

    Args:
        sink: where it goes.
        summary: of the corpus, as the script reads it; ``title`` is that of the page.
        columns: of the pairs that are shown.
    """
    style, script = _part("page.css"), _part("page.js")
    columns = list(columns)
    places = {
        "title": html.escape(str(summary["title"])),
        "policy": _POLICY.format(script=_hash(script), style=_hash(style)),
        "style": style,
        "script": script,
        "summary": _inert({**summary, "columns": [column.described for column in columns]}),
        "count": f"{summary['n_pairs']:,}",
    }
    before, after = _part("page.html").split("{{columns}}")
    sink.write(as_bytes(_filled(before, places)))
    for i, column in enumerate(columns):
        sink.write(f'<script type="text/plain" id="column-{i}">'.encode())
        for piece in column.base64():
            sink.write(piece)
        sink.write(b"</script>\n")
    sink.write(as_bytes(_filled(after, places)))


def _filled(template: str, places: Mapping[str, str]) -> str:
    """A template with its places filled, in one go: what is put in is not looked at again."""
    return _PLACE.sub(lambda found: places[found[1]], template)


def _inert(value: object) -> str:
    """JSON in which no sign of HTML is left, for the inside of an element ``script``."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return re.sub("[<>&\x7f-\x9f\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)


@cache
def _part(name: str) -> str:
    """A file of this package, with the line feeds that a browser will see when it takes the hash."""
    return files("corpus.report").joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
