"""What a decoder said, as JSON: what stands in parts and journals, and is believed only where it is that.

A float is written so that it is read back as the same float. In the parts of a run, a row also has what a corpus says
of the sentence, which is found where it is decoded, once for all places where it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from corpus.align.given import Judged
from translate.engines.base import Hypothesis
from translate.pipeline.translation import Attempt, AttemptKind, Translation

__all__ = ["Said", "from_json", "hypothesis_from_json", "hypothesis_to_json", "judged_from_json", "to_json", "unjudged"]

Said = tuple[tuple[Attempt, ...], int]
"""The attempts at a sentence, and which is kept: a `Translation` without its source."""


_JUDGED = ("flags", "text", "score")


def to_json(translation: Translation, judged: Judged | None = None) -> dict[str, Any]:
    """The row of a part; the source is left out, since whoever reads it knows it.

    Args:
        translation: what the decoder said.
        judged: what a corpus says of it. Text and score are left out where they are those of the only piece.
    """
    attempts = [
        {"kind": attempt.kind.value, "pieces": [hypothesis_to_json(piece) for piece in attempt.pieces]}
        for attempt in translation.attempts
    ]
    row: dict[str, Any] = {"attempts": attempts}
    if translation.kept:
        row["kept"] = translation.kept
    if judged is not None:
        row["flags"] = judged.flags
        pieces = translation.best.pieces if translation.best else ()
        if len(pieces) != 1 or (pieces[0].text, pieces[0].score) != (judged.text, judged.score):
            row |= {"text": judged.text, "score": judged.score}
    return row


def judged_from_json(value: object) -> Judged | None:
    """Read back what a corpus says of a row; None where the row does not tell.

    Nothing else of the row is looked at, since there are many.

    Raises:
        ValueError: it is none that `to_json` made.
    """
    if not isinstance(value, dict) or (flags := value.get("flags")) is None:
        return None
    try:
        said = value if "text" in value else value["attempts"][value.get("kept", 0)]["pieces"][0]
        text, score = said["text"], said["score"]
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError(f"neither a text nor a piece: {str(value)[:80]}") from error
    if type(text) is not str or (score is not None and type(score) is not float) or type(flags) is not list:
        raise ValueError(f"no text, score and flags: {str(value)[:80]}")
    return Judged(text, score, tuple(map(str, flags)))


def unjudged(value: object) -> object:
    """A row without what a corpus says of it."""
    return {name: own for name, own in value.items() if name not in _JUDGED} if isinstance(value, dict) else value


def from_json(value: object) -> Said:
    """Read a row back.

    Raises:
        ValueError: it is none that `to_json` made.
    """
    fields = _fields(value, {"attempts"}, {"kept", *_JUDGED})
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
