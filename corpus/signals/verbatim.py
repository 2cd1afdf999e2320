"""``urls_kept`` and ``names_kept``, and the flags of less than all: what a translation must repeat letter by letter."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from corpus.signals.signal import Signal

__all__ = ["NAMES_KEPT", "URLS_KEPT", "VERSION", "name_lost", "names_kept", "url_lost", "urls_kept"]

VERSION = 1

_PLACE = r"[A-Za-z0-9](?:[A-Za-z0-9\-._~%:/?#\[\]@!$&'()*+,;=]*[A-Za-z0-9/=#&])?"
_DOMAIN = (
    r"(?<![A-Za-z0-9@.\-])(?:[A-Za-z0-9\-]{1,63}\.){1,8}(?:com|org|net|edu|gov|info|cn|hk|tw|uk|eu|io)(?![A-Za-z0-9])"
)
_URL = re.compile(
    rf"(?:https?|ftp)://{_PLACE}|(?<![A-Za-z0-9])www\.{_PLACE}"
    rf"|(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{{1,64}}@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+|{_DOMAIN}(?:/{_PLACE})?"
)
_WIDE = re.compile("[Ａ-Ｚａ-ｚ０-９．＠／：－]")
_NAME = re.compile(r"[A-Za-z]+(?:['&+\-][A-Za-z]+)*")
_BEHIND = re.compile("(?:e?s)?(?![a-z])")
_UNITS = frozenset(
    """
    km cm mm nm kg mg ml kw kwh mw gw mb gb tb kb hz khz mhz ghz db pa kpa mpa hpa am pm sqm ha mah min sec rmb cny
    usd hkd eur gbp jpy aud vs no nos ok app apps ii iii iv vi vii viii ix
    """.split()  # noqa: SIM905 - a table is read more easily than a list
)
"""Units, currencies and the like, which English may write out or write another way."""


# The signal and the flag ask one after the other, of both.
@lru_cache(maxsize=1)
def urls_kept(source: str, target: str) -> float | None:
    """Share of the source's URLs and e-mail addresses that the target has; None for a source without any."""
    return _kept(_URL.findall(source) if _may_have_url(source) else [], target)


@lru_cache(maxsize=1)
def names_kept(source: str, target: str) -> float | None:
    """Share of the source's Latin words that the target has, in whatever case; None for a source without any.

    A word is at least two letters, and may stand in the plural there; units and currencies do not count, nor what is
    part of a URL. Figures, as in iPhone12, are for `numbers_kept`.
    """
    if source.isascii() and source == target:
        return None  # copied, which says nothing
    text = _folded(source)
    words = _NAME.findall(_URL.sub(" ", text) if _may_have_url(text) else text)
    return _kept([word for word in words if len(word) > 1 and word.lower() not in _UNITS], target)


def url_lost(source: str, target: str) -> bool:
    """Whether a URL or an e-mail address of the source is not in the target."""
    share = urls_kept(source, target)
    return share is not None and share < 1


def name_lost(source: str, target: str) -> bool:
    """Whether a Latin word of the source is not in the target."""
    share = names_kept(source, target)
    return share is not None and share < 1


def _may_have_url(text: str) -> bool:
    """Whether a text has what no URL and no address is without; most have not, and `_URL` looks long."""
    return "." in text or "@" in text or "://" in text


def _kept(wanted: list[str], target: str) -> float | None:
    if not wanted:
        return None
    there = _folded(target).lower()
    return sum(_stands(word.lower(), there) for word in wanted) / len(wanted)


def _stands(word: str, text: str) -> bool:
    """Whether a text has a word, and not only as a part of another: IT is not in ``with``."""
    at = text.find(word)
    while at >= 0:
        if not (at and "a" <= text[at - 1] <= "z") and _BEHIND.match(text, at + len(word)):
            return True
        at = text.find(word, at + 1)
    return False


def _folded(text: str) -> str:
    """Full-width letters as ASCII, so that ＩＴ is IT."""
    return unicodedata.normalize("NFKC", text) if _WIDE.search(text) else text


URLS_KEPT = Signal(
    "urls_kept", urls_kept, VERSION, "share", 0, 1, "URLs and e-mail addresses of the source in the target"
)
NAMES_KEPT = Signal("names_kept", names_kept, VERSION, "share", 0, 1, "Latin words of the source that the target has")
