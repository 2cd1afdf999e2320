"""``duizhao translate``: line in, line out; a file with markup in, the same file translated out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import translate.cli.translate as lines
from corpus.cli.inputs import add_column_option
from translate.cli.console import check_output, counted, say
from translate.cli.options import Commands, load_translator, segment_options

if TYPE_CHECKING:
    from corpus.documents.translation import TranslatedFile

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Add ``translate`` to a parser's commands."""
    lines.add(commands)
    parser = commands.choices["translate"]
    parser.description = (
        "Translate text line by line, or a file with its markup. Several sentences on a line come back on that line; "
        "blank lines stay; standard input is streamed. Of a page, a document, a book, subtitles or the like "
        "(docs/documents.md lists them) the same kind of file is written, in which nothing but the text is another."
    )
    group = parser.add_argument_group("files with markup")
    group.add_argument(
        "--bilingual",
        choices=("below", "beside"),
        help="keep the text, and put its translation below it or behind it",
    )
    add_column_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Translate what is named."""
    from translate.errors import UsageError

    kinds = [_kind_of(name) for name in args.inputs]
    if not any(kinds):
        if args.bilingual:
            raise UsageError("--bilingual is for files with markup; text is translated line by line")
        return lines.run(args)
    if len(args.inputs) > 1:
        raise UsageError(f"{len(args.inputs)} files, expected one where it has markup; translate one after another")
    return _translate_file(args, args.inputs[0], str(kinds[0]))


def _kind_of(name: str) -> str | None:
    """The kind of a file by its name, packed or not."""
    from corpus.documents.kinds import kind_of
    from translate.files.packing import split_packing

    return kind_of(split_packing(name)[0])


def _translate_file(args: argparse.Namespace, name: str, kind: str) -> int:
    from corpus.documents.kinds import FileOptions
    from corpus.documents.reader import read_whole
    from corpus.documents.translation import translate_document
    from translate.errors import InputError, UsageError
    from translate.files.atomic import STDOUT, open_sink, whole_or_nothing
    from translate.files.packing import packing_of

    out = args.out or STDOUT
    check_output(args.out, args.inputs)
    if out != STDOUT and _kind_of(out) != kind:
        raise UsageError(f"{out}: expected the name of a file of the same kind as {name}, which is {kind}")
    try:
        data = read_whole(Path(name))
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror or error}") from error
    with load_translator(args, segment_options(args)) as translator:
        found = translate_document(
            data,
            kind,
            translator,
            bilingual=args.bilingual,
            options=FileOptions(args.encoding, tuple(args.column)),
            name=name,
        )
    with whole_or_nothing(open_sink(out, "" if out == STDOUT else packing_of(out))) as sink:
        sink.write(found.data)
    if not getattr(args, "quiet", False):
        _say_summary(found, out)
    return 0


def _say_summary(found: TranslatedFile, out: str) -> None:
    from translate.text.flags import Flag, base

    where = "standard output" if out == "-" else out
    if not found.pairs:
        say(f"nothing Chinese in it; {where} is the same")
        return
    say(f"{counted(len(found.pairs), 'sentence')} in {counted(found.n_segments, 'text')} translated in {where}")
    flags = {name: n for name, n in found.flags.items() if base(name) != Flag.ROLE}
    if flags:
        say("flags: " + ", ".join(f"{name} {n}" for name, n in sorted(flags.items())))
