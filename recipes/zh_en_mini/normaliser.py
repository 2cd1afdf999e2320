"""The rules by which SentencePiece folds characters before it cuts: NFKC, blanks, Traditional to Simplified.

A Traditional character whose Simplified form is certain is folded inside ``source.spm`` itself. So the model reads
both scripts with one vocabulary, in every engine, and nothing has to be installed for it. Characters that OpenCC
maps by the word they stand in (乾隆 but 干燥) are left as they are.

The table of characters is OpenCC's (Apache-2.0, https://github.com/BYVoid/OpenCC), asked one by one.
"""

from __future__ import annotations

import unicodedata
from itertools import chain
from pathlib import Path

__all__ = ["rules", "simplified", "write_rules"]

_FOLDED_ANYWAY = "於麼後菸甦"
"""In Traditional text these are common words, and only rarely a name that keeps its form."""

_HAN = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x323B0))
_BLANKS = "\t\n\r\u00a0\u1680\u2028\u2029\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_NOTHING = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufffe" + "".join(map(chr, range(0x202A, 0x202F)))


def simplified() -> dict[str, str]:
    """Traditional characters with their Simplified form, but for those that may also stay as they are.

    Those are the ones that GB 2312, the character set of Simplified Chinese, has as well: ``乾`` of ``乾隆``, ``著``.
    """
    try:
        from opencc import OpenCC
    except ImportError as error:
        raise SystemExit("OpenCC is not installed: pip install 'duizhao[script]'") from error
    convert = OpenCC("t2s").convert
    found = {}
    for character in map(chr, chain(*_HAN)):
        form = convert(character)
        if form != character and len(form) == 1 and (not _in_gb2312(character) or character in _FOLDED_ANYWAY):
            found[character] = form
    return found


def _in_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def rules(*, fold_script: bool) -> dict[str, str]:
    """What each character becomes; those that stay are not in it.

    Args:
        fold_script: whether Traditional characters become Simplified ones.
    """
    script = simplified() if fold_script else {}
    folded: dict[str, str] = {}
    for code in range(0x20, 0x30000):
        character = chr(code)
        if 0xD800 <= code < 0xE000 or 0xAC00 <= code < 0xD7A4 or unicodedata.category(character) == "Cn":
            continue
        normal = unicodedata.normalize("NFKC", character)
        result = "".join(script.get(each, each) for each in normal)
        if result != character:
            folded[character] = result
    folded |= dict.fromkeys(_BLANKS, " ") | dict.fromkeys(_NOTHING, "")
    controls = (chr(code) for code in (*range(1, 0x20), *range(0x7F, 0xA0)) if chr(code) not in _BLANKS)
    return folded | dict.fromkeys(controls, "")


def write_rules(path: Path, *, fold_script: bool) -> int:
    """Write the rules in SentencePiece's form, ``code points TAB code points``, and say how many there are."""
    lines = [
        " ".join(f"{ord(each):X}" for each in character) + "\t" + " ".join(f"{ord(each):X}" for each in result)
        for character, result in sorted(rules(fold_script=fold_script).items())
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines)
