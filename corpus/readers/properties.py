"""What the formats that are XML say of a pair beside its two texts: named properties, as their writers name them."""

from __future__ import annotations

from collections.abc import Mapping

from corpus.pair import SAID, Pair, Span

__all__ = ["pair_of_properties"]

_SIGNAL = "signal-"
_TARGET = "target-"


def pair_of_properties(props: Mapping[str, str], source: str, target: str) -> Pair | None:
    """The pair with its spans, score, flags and signals, where we wrote them; None where somebody else did.

    Args:
        props: `paragraph`, `sentence` and `doc`; where there are such things also `start`, `end`, `sentences`,
            `score`, `flags`, those of `SAID`, `signal-NAME`, and the first six of the target after `target-`.
        source: text.
        target: text.
    """
    try:
        span = _span(props, "", source)
        place = _span(props, _TARGET, target) if f"{_TARGET}doc" in props else Span.unplaced(target)
        score = float(props["score"]) if props.get("score") else None
        signals = {name[len(_SIGNAL) :]: float(value) for name, value in props.items() if name.startswith(_SIGNAL)}
    except (KeyError, ValueError):
        return None
    flags = tuple(filter(None, props.get("flags", "").split(",")))
    return Pair(span, place, score, signals, flags, **{name: props.get(name) for name in SAID})


def _span(props: Mapping[str, str], prefix: str, text: str) -> Span:
    """The span that properties tell; its raw text is in none of these formats, and not known where it has a place."""
    start, end = props.get(f"{prefix}start"), props.get(f"{prefix}end")
    return Span(
        props[f"{prefix}doc"],
        int(props[f"{prefix}paragraph"]),
        int(props[f"{prefix}sentence"]),
        int(start) if start else None,
        int(end) if end else None,
        "" if start else text,
        text,
        int(props.get(f"{prefix}sentences", 1)),
    )
