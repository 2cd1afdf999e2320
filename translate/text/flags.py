"""Every flag that a sentence or a sentence pair can carry, with its meaning: the one place where both are written.

The tables in docs/ are rendered from here, and a test holds them to it. Flags travel as plain strings
(a `Flag` is one), so that a corpus of a later version, with a flag that is not known here, can still be read.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

__all__ = ["Flag", "Stage", "base"]


class Stage(StrEnum):
    """Who finds it out, in the order of the way of a sentence."""

    REPAIR = "repair of the text"
    DECODING = "decoding"
    PAIR = "the pair, when it is written"
    ALIGNMENT = "alignment of two texts"
    SCORE = "signals (`build`, `score`)"
    FILE = "files with markup"
    REVIEW = "review by a person (`serve`)"


class Flag(StrEnum):
    """What a reader of a corpus should know of a pair.

    Attributes:
        stage: who finds it out.
        meaning: one clause, for the documentation.
    """

    stage: Stage
    meaning: str

    def __new__(cls, name: str, stage: Stage, meaning: str) -> Self:
        """A flag of that name."""
        flag = str.__new__(cls, name)
        flag._value_ = name
        flag.stage = stage
        flag.meaning = meaning
        return flag

    CANTONESE = "cantonese", Stage.REPAIR, "written Cantonese (嘅 咗 喺 唔 佢), which a model of Mandarin reads badly"
    CLASSICAL = "classical", Stage.REPAIR, "classical Chinese (之乎者也), which a model of today's language reads badly"
    CONTROL = "control", Stage.REPAIR, "control characters, lone surrogates or noncharacters were taken out"
    EMPTY_SOURCE = "empty_source", Stage.REPAIR, "nothing readable is left of the source after repair"
    MARKUP = (
        "markup",
        Stage.REPAIR,
        "HTML, Markdown, JSON, CSV or time codes of subtitles in it, which are read as text",
    )
    MOJIBAKE = "mojibake", Stage.REPAIR, "text that was decoded wrongly once: repaired, or not to be repaired"
    NOT_CHINESE = (
        "not_chinese",
        Stage.REPAIR,
        "Japanese or Korean (kana or hangul all through it), or nothing in it is Chinese",
    )
    PAGE_BREAK = (
        "page_break",
        Stage.REPAIR,
        "a page number or running head in the middle of it was taken out; it is in the raw text",
    )
    POS_TAGS = "pos_tags", Stage.REPAIR, "parts of speech behind the words (走向/v) were taken out"
    PRIVATE_USE = "private_use", Stage.REPAIR, "characters of a private use area were taken out"
    REPLACEMENT = "replacement", Stage.REPAIR, "U+FFFD, which stands for something lost, was taken out"
    UNMARKED = "unmarked", Stage.REPAIR, "a piece of a text that has no marks for more than 200 characters"
    VARIETY = (
        "variety",
        Stage.REPAIR,
        "which Chinese its document is in (`--script auto`), behind a colon: `zh-Hans`, `zh-Hant`, `zh-Hant-TW`, "
        "`zh-Hant-HK`, `yue`; `zh` is both scripts, or too little to tell",
    )

    COPIED = (
        "copied",
        Stage.DECODING,
        "nothing Chinese in it (figures, a URL, Japanese) and no model asked; or not translated",
    )
    CUT = "cut", Stage.DECODING, "translated in pieces"
    EMPTY_TARGET = "empty_target", Stage.DECODING, "nothing came out at the first attempt"
    FAILED = (
        "failed",
        Stage.DECODING,
        "the engine raised, hung or died at it (with `--workers`); what is missing is empty",
    )
    LENGTH_CAP = "length_cap", Stage.DECODING, "the cap on its length, not the model, ended the first attempt"
    LOOP = "loop", Stage.DECODING, "the first attempt repeated words over and over, more often than the source"
    RETRIED = "retried", Stage.DECODING, "it was tried again, up to three times"
    RESCUED = "rescued", Stage.DECODING, "a further attempt is kept, free of what the first suffered from"

    HAN_IN_TARGET = "han_in_target", Stage.PAIR, "Chinese characters are left in the English"
    NUMBER_LOST = "number_lost", Stage.PAIR, "a number of the source is not in the English"
    SIGN_LOST = "sign_lost", Stage.PAIR, "a sign of the source (emoji, ≤, ₩, rare ideograph) is not in the English"
    SPAN_LOST = "span_lost", Stage.PAIR, "a span that was to stay (`--keep`) is not in the English as often, or not so"
    TERM_LOST = "term_lost", Stage.PAIR, "a term of the glossary is not in the English as it was asked for"

    UNALIGNED = "unaligned", Stage.ALIGNMENT, "these sentences have no counterpart on the other side"
    WEAK_LINK = "weak_link", Stage.ALIGNMENT, "little of what either side says was found on the other"

    NUMBER_MISMATCH = (
        "number_mismatch",
        Stage.SCORE,
        "a number of either side has no counterpart of its value on the other",
    )
    NAME_LOST = "name_lost", Stage.SCORE, "a Latin word of the source is not in the target"
    NOT_ENGLISH = "not_english", Stage.SCORE, "less than half of the target's words are English"
    URL_LOST = "url_lost", Stage.SCORE, "a URL or an e-mail address of the source is not in the target"
    DUPLICATE = "duplicate", Stage.SCORE, "an earlier pair has the same two texts, but for case, width and punctuation"
    NEAR_DUPLICATE = "near_duplicate", Stage.SCORE, "an earlier pair has nearly the same two texts"
    CONTAMINATED = "contaminated", Stage.SCORE, "a line of a test set is in it; the set's name stands behind a colon"

    ROLE = (
        "role",
        Stage.FILE,
        "what it is in a file with markup, behind a colon: `title`, `heading`, `caption`, `cell`, `item`, `footnote` …",
    )
    TAG_UNSURE = (
        "tag_unsure",
        Stage.FILE,
        "a tag in it (link, bold, placeholder) stands at the sentence's edge, as no word tells its place (`translate`)",
    )
    CORRECTED = (
        "corrected",
        Stage.REVIEW,
        "a person wrote the target, in the place of what stood there (`--corrections`)",
    )


def base(flag: str) -> str:
    """The flag without what stands behind a colon: ``contaminated`` of ``contaminated:flores``."""
    return flag.partition(":")[0]
