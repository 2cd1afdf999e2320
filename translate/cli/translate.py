"""``duizhao translate``: line in, line out."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from translate.cli.console import TextOut, check_output, open_output
from translate.cli.options import (
    Commands,
    add_common_options,
    add_model_options,
    add_terms_options,
    add_text_options,
    load_translator,
    segment_options,
)

if TYPE_CHECKING:
    from translate.files.decoding import Errors
    from translate.pipeline.translator import Translator
    from translate.text.records import Paragraph

__all__ = ["add", "run"]

_WINDOW = 1024


def add(commands: Commands) -> None:
    """Add ``translate`` to a parser's commands."""
    parser = commands.add_parser(
        "translate",
        description="Translate text line by line. Several sentences on a line come back on that line; "
        "blank lines stay. Standard input is streamed.",
    )
    parser.add_argument("inputs", nargs="*", default=["-"], metavar="INPUT", help="text file, or - (default: -)")
    parser.add_argument("-o", "--out", metavar="OUT", help="write here instead of standard output")
    add_text_options(parser, lines=True)
    add_terms_options(parser)
    add_model_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Translate files, or standard input as it comes."""
    from translate.files.inputs import check_input

    check_output(args.out, args.inputs)
    for name in args.inputs:
        check_input(name)
    translator = load_translator(args, segment_options(args))
    with translator, open_output(args.out) as out:
        for name in args.inputs:
            if name == "-":
                _translate_stream(translator, out, args.encoding, args.errors)
            else:
                _translate_file(translator, out, name, args.encoding, args.errors)
    return 0


class _Lines:
    """Writes translations so that line n of the output belongs to line n of the input."""

    def __init__(self, out: TextOut) -> None:
        self.out = out
        self.at = 0
        self.fresh = True

    def write(self, line: int, text: str) -> None:
        """Add a sentence's translation to its line; lines between stay blank."""
        self.goto(line)
        if text:
            self.out.write(text if self.fresh else f" {text}")
            self.fresh = False

    def goto(self, line: int) -> None:
        """End lines until ``line`` is the one being written."""
        if line > self.at:
            self.out.write("\n" * (line - self.at))
            self.at, self.fresh = line, True


def _translate_file(translator: Translator, out: TextOut, name: str, encoding: str | None, errors: Errors) -> None:
    from translate.files.inputs import read_input
    from translate.text.segment import segment

    lines = _Lines(out)
    count = _Counter(read_input(name, encoding, errors))
    for sentence, translation in translator.translate_stream(segment(count, translator.segmentation)):
        lines.write(sentence.paragraph, translation.text)
        out.flush()
    lines.goto(count.n_lines)
    out.flush()


def _translate_stream(translator: Translator, out: TextOut, encoding: str | None, errors: Errors) -> None:
    from translate.cli.stream import Arrival, feed
    from translate.files.lines import stdin_bytes

    under_way: deque[Arrival] = deque()

    def windows() -> Iterator[list[str]]:
        for batch in feed(stdin_bytes(), translator.segmentation, encoding, window=_WINDOW, errors=errors):
            under_way.append(batch)
            yield [sentence.text for sentence in batch.sentences]

    lines = _Lines(out)
    for translations in translator.translate_windows(windows()):
        batch = under_way.popleft()
        for sentence, translation in zip(batch.sentences, translations, strict=True):
            lines.write(sentence.paragraph, translation.text)
        lines.goto(batch.n_lines)
        out.flush()


class _Counter:
    """Counts the lines of a document as they pass."""

    def __init__(self, paragraphs: Iterable[Paragraph]) -> None:
        self.paragraphs = paragraphs
        self.n_lines = 0

    def __iter__(self) -> Iterator[Paragraph]:
        for paragraph in self.paragraphs:
            self.n_lines = paragraph.index + 1
            yield paragraph
