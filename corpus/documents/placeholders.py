"""What stands in the text of a program, and is no text: placeholders, tags, addresses."""

from __future__ import annotations

import re

from corpus.documents.inline import Gatherer
from corpus.documents.segments import Rendering
from translate.text.marks import HAN

__all__ = ["gather", "rendered"]

_KEPT = re.compile(
    r"(?P<kept>%\([^()%\s]+\)[#0\- +]*\d*(?:\.\d+)?[a-zA-Z]"  # %(name)s
    r"|%(?:\d+\$)?[#0\-+']*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|q|j|z|t|L)?[diouxXeEfFgGaAcspn](?![a-zA-Z])"
    r"|%%|%\d+|%@"
    r"|\$\{[^{}]*\}|\{\{[^{}]*\}\}|\{[\w.:!,\[\]%<>^#+-]*\}|\$[A-Za-z_]\w*"
    r"|&[a-zA-Z]+;|&#\d+;"
    r"|https?://[!-;=?-~]+|[\w.+-]+@[\w-]+\.[\w.-]+[\w]|--?[a-z][\w-]*(?:=[A-Z]+)?\b)"
    r"|(?P<tag></?[a-zA-Z][^<>]*>)"
    rf"|<(?P<word>[^<>\s=/]*[{HAN}][^<>\s=/]*)>"  # a word that stands for another: <文件>
)


def gather(text: str, gatherer: Gatherer, tags: list[str]) -> None:
    """Take a text apart.

    Args:
        text: of a program.
        gatherer: gets what is language, and where the rest stands.
        tags: gets the rest; a tag's number is its place in it.
    """
    at = 0
    for match in _KEPT.finditer(text):
        gatherer.add_text(text[at : match.start()])
        at = match.end()
        if match["word"]:
            tags += ["<", ">"]
            gatherer.add_open(len(tags) - 2, f"<{len(tags)}>")
            gatherer.add_text(match["word"])
            gatherer.add_close(len(tags) - 1, f"<{len(tags)}>")
            continue
        tags.append(match[0])
        number = len(tags) - 1
        if match["kept"]:
            gatherer.add_alone(number, match[0])
        elif match[0].endswith("/>"):
            gatherer.add_alone(number)
        elif match[0].startswith("</"):
            gatherer.add_close(number, match[0][2:-1].strip().lower())
        else:
            gatherer.add_open(number, re.split(r"[\s>]", match[0][1:])[0].lower())
    gatherer.add_text(text[at:])


def rendered(rendering: Rendering, tags: list[str]) -> str:
    """The text with what stood in it."""
    found: list[str] = []
    at = 0
    for tag in rendering.tags:
        found += [rendering.text[at : tag.at], tags[tag.number]]
        at = tag.at
    return "".join(found) + rendering.text[at:]
