"""The options of segmentation, found again from the signature of a run."""

from __future__ import annotations

import re
from typing import Literal, cast

from translate.text.normalize import NormalizeOptions
from translate.text.segment import LONGEST, SegmentOptions
from translate.text.split import MAX_LENGTH

__all__ = ["fields_of", "segmentation_of"]

_PART = re.compile(r"[+-][a-z0-9]+")


def fields_of(signature: str) -> dict[str, str]:
    """``model:zh-en-mini|beam:4|…`` by name; what stands twice is the last, what has no colon is left out."""
    return dict(part.split(":", 1) for part in signature.split("|") if ":" in part)


def segmentation_of(signature: str) -> SegmentOptions | None:
    """The options of a run, whose own signature is that part of the given one.

    Args:
        signature: of a run, with ``norm:`` and ``split:`` in it.

    Returns:
        The options; None where there are none, or this version would not do what that run did: it repairs or splits
        by other rules, or does not know an option.
    """
    said = fields_of(signature)
    norm, split = said.get("norm"), said.get("split")
    if norm is None or split is None:
        return None
    found = _segmentation(_normalize(set(_PART.findall(norm))), set(_PART.findall(split)))
    return found if found.signature == f"norm:{norm}|split:{split}" else None


def _normalize(parts: set[str]) -> NormalizeOptions:
    spacing = "on" if "+spacing" in parts else "off" if "-nospacing" in parts else "auto"
    return NormalizeOptions(
        entities="-noentities" not in parts,
        mojibake="-nomojibake" not in parts,
        invisibles="-noinvisibles" not in parts,
        width="+width" in parts,
        spacing=cast(Literal["auto", "on", "off"], spacing),
        script="t2s" if "+t2s" in parts else "tw2sp" if "+tw2sp" in parts else None,
        boilerplate="+boilerplate" in parts,
    )


def _segmentation(normalize: NormalizeOptions, parts: set[str]) -> SegmentOptions:
    lengths = (int(part.removeprefix("+max")) for part in parts if re.fullmatch(r"\+max[1-9][0-9]{0,4}", part))
    return SegmentOptions(
        normalize,
        quotes="keep" if "+keep" in parts else "break",
        hard_wrap="on" if "+wrap" in parts else "off" if "-nowrap" in parts else "auto",
        max_length=min(next(lengths, MAX_LENGTH), LONGEST),
        variety="+variety" in parts,
    )
