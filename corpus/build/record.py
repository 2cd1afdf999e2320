"""What a decoder said, as JSON: what stands in parts and journals, and is believed only where it is that.

A float is written so that it is read back as the same float.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from translate.engines.base import Hypothesis
from translate.pipeline.translation import Attempt, AttemptKind, Translation

__all__ = ["Said", "from_json", "hypothesis_from_json", "hypothesis_to_json", "to_json"]

Said = tuple[tuple[Attempt, ...], int]
"""The attempts at a sentence, and which is kept: a `Translation` without its source."""


def to_json(translation: Translation) -> dict[str, Any]:
    """The row of a part; the source is left out, since whoever reads it knows it."""
    attempts = [
        {"kind": attempt.kind.value, "pieces": [hypothesis_to_json(piece) for piece in attempt.pieces]}
        for attempt in translation.attempts
    ]
    return {"attempts": attempts, "kept": translation.kept} if translation.kept else {"attempts": attempts}


def from_json(value: object) -> Said:
    """Read a row back.

    Raises:
        ValueError: it is none that `to_json` made.
    """
    fields = _fields(value, {"attempts"}, {"kept"})
    attempts = tuple(map(_attempt, _list(fields["attempts"])))
    kept = _int(fields.get("kept", 0))
    if not 0 <= kept < max(1, len(attempts)):
        raise ValueError(f"attempt {kept} of {len(attempts)}")
    return attempts, kept


def _attempt(value: object) -> Attempt:
    fields = _fields(value, {"kind", "pieces"})
    pieces = tuple(map(hypothesis_from_json, _list(fields["pieces"])))
    if not pieces:
        raise ValueError("an attempt without pieces")
    return Attempt(AttemptKind(fields["kind"]), pieces)


def hypothesis_to_json(hypothesis: Hypothesis) -> dict[str, Any]:
    """One piece of an attempt."""
    return {
        "text": hypothesis.text,
        "score": hypothesis.score,
        "tokens": hypothesis.n_tokens,
        "finish": hypothesis.finish,
    }


def hypothesis_from_json(value: object) -> Hypothesis:
    """Read a piece back.

    Raises:
        ValueError: it is none that `hypothesis_to_json` made.
    """
    fields = _fields(value, {"text", "score", "tokens", "finish"})
    text, score, finish = fields["text"], fields["score"], fields["finish"]
    if type(text) is not str or type(score) is not float or finish not in ("eos", "length", "failed"):
        raise ValueError(f"no hypothesis: {str(value)[:80]}")
    return Hypothesis(text, score, _int(fields["tokens"]), finish)


def _fields(value: object, needed: set[str], others: set[str] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict) or not needed <= value.keys() <= (needed | (others or set())):
        raise ValueError(f"expected an object with {', '.join(sorted(needed))}: {str(value)[:80]}")
    return value


def _list(value: object) -> Sequence[object]:
    if isinstance(value, list):
        return value
    raise ValueError(f"expected a list: {str(value)[:80]}")


def _int(value: object) -> int:
    if type(value) is not int:
        raise ValueError(f"expected a whole number: {str(value)[:80]}")
    return value
