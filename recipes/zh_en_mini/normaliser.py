"""The rules by which SentencePiece folds characters before it cuts: NFKC, blanks, Traditional to Simplified.

A Traditional character whose Simplified form is certain is folded inside ``source.spm`` itself. So the model reads
both scripts with one vocabulary, in every engine, and nothing has to be installed for it. Characters that OpenCC
maps by the word they stand in (乾隆 but 干燥) are left as they are.

The table of characters is OpenCC's (Apache-2.0, https://github.com/BYVoid/OpenCC), read from the installed package.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

__all__ = ["rules", "simplified", "write_rules"]

_FOLDED_ANYWAY = "於麼"
"""In Traditional text these are common words, and only rarely a name that keeps its form."""

_BLANKS = "\t\n\r\u00a0\u1680\u2028\u2029\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_NOTHING = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufffe" + "".join(map(chr, range(0x202A, 0x202F)))


def simplified() -> dict[str, str]:
    """Traditional characters with their Simplified form, but for those that may also stay as they are."""
    try:
        import opencc
    except ImportError as error:
        raise SystemExit("OpenCC is not installed: pip install opencc-python-reimplemented") from error
    table = Path(opencc.__file__).parent / "dictionary" / "TSCharacters.txt"
    found = {}
    for line in table.read_text(encoding="utf-8").splitlines():
        character, _, forms = line.partition("\t")
        # The likeliest comes first. Others, but for the character itself, are rare.
        likeliest, *others = forms.split()
        if likeliest != character and (character not in others or character in _FOLDED_ANYWAY):
            found[character] = likeliest
    return found


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
