"""Translate: Chinese text in, English out.

::

    from translate import Translator

    with Translator.load("auto") as translator:
        print(translator.translate(["海南在传统的休闲旅游之外，将焕发出数字娱乐生态岛的炫酷新貌。"]))

The names below are imported when they are first used, and a neural network library only when a model is loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from translate.version import __version__

if TYPE_CHECKING:
    from translate.engines.base import DecodeOptions, Engine, Hypothesis
    from translate.errors import DuizhaoError
    from translate.pipeline.translation import Translation
    from translate.pipeline.translator import Translator
    from translate.text.records import Paragraph, Sentence
    from translate.text.segment import SegmentOptions, segment_text

__all__ = [
    "DecodeOptions",
    "DuizhaoError",
    "Engine",
    "Hypothesis",
    "Paragraph",
    "SegmentOptions",
    "Sentence",
    "Translation",
    "Translator",
    "__version__",
    "segment_text",
]

_HOME = {
    "DecodeOptions": "engines.base",
    "DuizhaoError": "errors",
    "Engine": "engines.base",
    "Hypothesis": "engines.base",
    "Paragraph": "text.records",
    "SegmentOptions": "text.segment",
    "Sentence": "text.records",
    "Translation": "pipeline.translation",
    "Translator": "pipeline.translator",
    "segment_text": "text.segment",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
