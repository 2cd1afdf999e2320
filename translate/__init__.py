"""Translate: Chinese text in, English out.

::

    from translate import Translator

    with Translator.load("auto") as translator:
        print(translator.translate(["海南在传统的休闲旅游之外，将焕发出数字娱乐生态岛的炫酷新貌。"]))

Importing this package loads no neural network library; that happens when a model is loaded.
"""

__version__ = "0.1.0"

# isort: split
from translate.engine import DecodeOptions, Engine, Hypothesis
from translate.errors import DuizhaoError
from translate.records import Paragraph, Sentence
from translate.segment import SegmentOptions, segment, segment_text
from translate.translator import Translation, Translator

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
    "segment",
    "segment_text",
]
