"""Which language a model reads and which it writes, and whether duizhao can do that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from translate.errors import ModelError

__all__ = ["CHINESE_ENGLISH", "ENGLISH_TOKEN", "LanguagePair", "is_target_token"]

_CHINESE = frozenset({"zh", "zho", "chi", "cmn", "chinese"})
_ENGLISH = frozenset({"en", "eng", "english"})
_TARGET_TOKEN = re.compile(r">>[A-Za-z_-]{2,24}<<")
_TAG = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class LanguagePair:
    """The language of the source and that of the target, as tags of BCP 47 (``zh``, ``zh-Hant``, ``en``).

    Attributes:
        source: what is read.
        target: what is written.

    Raises:
        ValueError: one of them is no language tag.
    """

    source: str
    target: str

    def __post_init__(self) -> None:
        for tag in (self.source, self.target):
            if not isinstance(tag, str) or not _TAG.fullmatch(tag):
                raise ValueError(f"{tag!r} is no language tag such as zh or en")

    def __iter__(self) -> Iterator[str]:
        """Source, then target."""
        return iter((self.source, self.target))

    def __str__(self) -> str:
        return f"{self.source}-{self.target}"

    @property
    def is_supported(self) -> bool:
        """Whether it is from Chinese, in whatever script, to English."""
        return _primary(self.source) in _CHINESE and _primary(self.target) in _ENGLISH

    @property
    def primary(self) -> tuple[str, str]:
        """The languages without scripts, as short as BCP 47 has them: ``zh`` and ``en`` for ``cmn_Hant`` and ``eng``.

        So a corpus names them, since what a model was made for says nothing of the script of a document.
        """
        return _shortest(self.source), _shortest(self.target)

    def check(self, model: str) -> None:
        """Refuse what cannot be translated.

        Args:
            model: which to name in the message.

        Raises:
            ModelError: the source is not Chinese, whose sentences are cut here; or the target not English, which is
                judged here.
        """
        if self.is_supported:
            return
        raise ModelError(
            f"model {model!r} translates {self.source} to {self.target}; duizhao splits Chinese and judges English: "
            "use one from zh to en"
        )


def is_target_token(token: str) -> bool:
    """Whether a token says which language a multilingual OPUS-MT is to write: ``>>eng<<``."""
    return _TARGET_TOKEN.fullmatch(token) is not None


CHINESE_ENGLISH = LanguagePair("zh", "en")
ENGLISH_TOKEN = ">>eng<<"


def _shortest(tag: str) -> str:
    primary = _primary(tag)
    return "zh" if primary in _CHINESE else "en" if primary in _ENGLISH else primary


def _primary(tag: str) -> str:
    return re.split("[-_]", tag, maxsplit=1)[0].lower()
