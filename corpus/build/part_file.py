"""A part as bytes: decoded sentences under one hash, and nothing that can be computed from them or from the text.

    {"sha256": …}       of all the bytes that follow
    {"part": 2, "key": …, "decoding": …, "pieces": [[key, number of sentences], …]}
    {"attempts": […]}   a sentence each, see `corpus.build.record`

In a run also what a corpus says of each, with ``"part": 3`` and ``"judging"`` in the header, which names who says so:
where that is another one than who reads it, it is found again.

The same sentences decoded the same way are the same bytes, whoever made them: nothing here names a machine or a time.
A part is believed only if the hash is right and the key is that of its name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from corpus.align.given import JUDGING, Judged
from corpus.build.record import Said, from_json, to_json, unjudged
from translate.pipeline.translation import Translation

__all__ = ["LONGEST_HEADER", "NOT_JSON", "Part", "json_line", "part_bytes", "read_header", "read_part", "under_hash"]

LONGEST_HEADER = 1 << 22
NOT_JSON = (ValueError, RecursionError)
"""What `json.loads` raises for what is no JSON, or was made to break it."""

_VERSION = 2
_JUDGED_VERSION = 3
"""Where rows say more, which a duizhao that knows the former alone would take for damage."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part whose hash is right and whose header is that of its name.

    Attributes:
        pieces: key and number of sentences of each run of sentences.
        rows: one line a sentence.
        judging: who found out what a corpus says of each; empty where nobody did.
    """

    pieces: Sequence[tuple[str, int]]
    rows: Sequence[bytes]
    judging: str = ""

    @property
    def current_rows(self) -> Sequence[bytes]:
        """The rows, and what is said of each only where this version would say the same.

        Raises:
            ValueError: a row is no JSON.
        """
        if self.judging == JUDGING:
            return self.rows
        return [_json(unjudged(json.loads(row))) for row in self.rows]

    def said(self, first: int = 0, n_rows: int | None = None) -> list[Said] | None:
        """What the decoder said of some sentences; None where a row is none of ours."""
        rows = self.rows[first:] if n_rows is None else self.rows[first : first + n_rows]
        try:
            return [from_json(json.loads(row)) for row in rows]
        except NOT_JSON:
            return None


def part_bytes(
    key: str,
    decoding: str,
    pieces: Iterable[tuple[str, int]],
    translations: Iterable[Translation],
    judge: Callable[[Translation], Judged] | None = None,
) -> bytes:
    """Lay out a part.

    Args:
        key: of the part.
        decoding: how its sentences are decoded.
        pieces: see `Part`.
        translations: one a sentence, in order.
        judge: finds out what a corpus says of each; None to leave that to whoever reads it.
    """
    version, judging = (_JUDGED_VERSION, {"judging": JUDGING}) if judge else (_VERSION, {})
    header = {"part": version, "key": key, "decoding": decoding, "pieces": [list(piece) for piece in pieces]}
    rows = (to_json(each, judge(each) if judge else None) for each in translations)
    return under_hash([json_line(header | judging), *map(json_line, rows)])


def read_part(content: bytes, key: str) -> Part | None:
    """Read a part back; None where it is damaged, cut short, or that of another key."""
    head, _, body = content.partition(b"\n")
    if head != _hash_line(body):
        return None
    header, _, rows = body.partition(b"\n")
    found, lines = _header(header, key), rows.splitlines()
    if found is None or sum(n_rows for _, n_rows in found.pieces) != len(lines):
        return None
    return Part(found.pieces, lines, found.judging)


def read_header(line: bytes, key: str) -> list[tuple[str, int]] | None:
    """The pieces that a header names; None when it is not the header of that part, of the version that we read."""
    found = _header(line, key)
    return None if found is None else found.pieces


class _Header(NamedTuple):
    pieces: list[tuple[str, int]]
    judging: str


def _header(line: bytes, key: str) -> _Header | None:
    try:
        header: Any = json.loads(line)
        if not isinstance(header, dict) or header.get("key") != key:
            return None
        if header.get("part") not in (_VERSION, _JUDGED_VERSION):
            return None
        pieces = [(piece, n_rows) for piece, n_rows in header["pieces"]]
    except (*NOT_JSON, KeyError, TypeError):
        return None
    whole = all(type(piece) is str and type(n_rows) is int and n_rows > 0 for piece, n_rows in pieces)
    return _Header(pieces, str(header.get("judging", ""))) if whole else None


def under_hash(lines: Iterable[bytes]) -> bytes:
    """Lines behind one that has their hash."""
    body = b"".join(lines)
    return _hash_line(body) + b"\n" + body


def _hash_line(body: bytes) -> bytes:
    return f'{{"sha256": "{hashlib.sha256(body).hexdigest()}"}}'.encode()


def json_line(record: Mapping[str, Any]) -> bytes:
    """A record on a line of its own."""
    return _json(record) + b"\n"


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
