"""Chinese in 7 bits: text that passes for ASCII, in which escapes say that pairs of letters are characters.

HZ (RFC 1843) was the form of Usenet and mail, ``~{VPND~}`` for 中文; those of ISO 2022 (RFC 1922 for Chinese, 1468 and
1554 for Japanese, 1557 for Korean) are found in old mail to this day.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from translate.errors import InputError
from translate.files.decoding import decode
from translate.files.unpack import unpacked

__all__ = ["find_seven_bits", "is_suspect"]

_SAMPLE = 1 << 16
_WIDE = re.compile(r"[^\0-\x7f]+")

# What an escape sequence announces: a codec of Python that reads Chinese, or what to tell the user. The first one that
# is in a file counts: ISO-2022-JP-2 writes what Japanese has, too, in the sets of Japanese.
_DESIGNATIONS = {
    b"\x1b$A": "iso2022-jp-2",
    b"\x1b$)A": "ISO-2022-CN, which is not read here; `iconv -f ISO-2022-CN -t UTF-8` makes UTF-8 of it",
    b"\x1b$)E": "ISO-2022-CN-EXT, which is not read here; `iconv -f ISO-2022-CN-EXT -t UTF-8` makes UTF-8 of it",
    b"\x1b$)G": "ISO-2022-CN, which is not read here; `iconv -f ISO-2022-CN -t UTF-8` makes UTF-8 of it",
    b"\x1b$)C": "ISO-2022-KR, which is Korean, expected Chinese; --encoding iso2022_kr reads it all the same",
    b"\x1b$B": "ISO-2022-JP, which is Japanese, expected Chinese; --encoding iso2022_jp reads it all the same",
    b"\x1b$@": "ISO-2022-JP, which is Japanese, expected Chinese; --encoding iso2022_jp reads it all the same",
}
_DESIGNATION = re.compile(b"|".join(map(re.escape, _DESIGNATIONS)))
_LONGEST = max(map(len, _DESIGNATIONS))


def is_suspect(chunk: bytes) -> bool:
    """Whether some ASCII may be Chinese in 7 bits; a part of a file, cut anywhere."""
    # A single byte is looked for first: that is many times as fast.
    return (b"~" in chunk and (b"~{" in chunk or chunk.endswith(b"~"))) or (
        b"\x1b" in chunk and (b"\x1b$" in chunk or chunk.endswith(b"\x1b"))
    )


def find_seven_bits(path: Path, name: str, looks_chinese: Callable[[str], bool]) -> str | None:
    """Name the encoding of an ASCII file that is Chinese in 7 bits; None where it is plain ASCII.

    Args:
        path: the file.
        name: what to call it in messages.
        looks_chinese: tells Chinese from what a wrong reading gives.

    Raises:
        InputError: it is in an encoding of 7 bits that is not for us.
    """
    if found := _designations(path, name):
        known = next(known for escape, known in _DESIGNATIONS.items() if escape in found)
        if " " in known:
            raise InputError(f"{name}: {known}")
        return known
    wide: list[str] = []
    n_wide = 0
    for text in decode(unpacked(path, name, None), "hz", "replace"):
        wide += (found_wide := _WIDE.findall(text))
        n_wide += sum(map(len, found_wide))
        if n_wide > _SAMPLE:
            break
    return "hz" if looks_chinese("".join(wide)) else None


def _designations(path: Path, name: str) -> set[bytes]:
    """The escape sequences in a file that announce a set of characters."""
    found: set[bytes] = set()
    tail = b""
    for chunk in unpacked(path, name, None):
        found.update(_DESIGNATION.findall(tail + chunk))
        tail = (tail + chunk)[-_LONGEST + 1 :]
    return found
