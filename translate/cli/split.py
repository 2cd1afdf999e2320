"""``duizhao split``: one sentence a line."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from translate.cli.console import check_output, open_output, say
from translate.cli.options import Commands, add_common_options, add_text_options, segment_options

if TYPE_CHECKING:
    from translate.text.records import Sentence

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Add ``split`` to a parser's commands."""
    parser = commands.add_parser(
        "split",
        description="Repair Chinese text and split it into sentences. No model is loaded.",
    )
    parser.add_argument("inputs", nargs="*", default=["-"], metavar="INPUT", help="text file, or - (default: -)")
    parser.add_argument("-o", "--out", metavar="OUT", help="write here instead of standard output")
    parser.add_argument("--format", choices=("text", "jsonl"), default="text", help="what to print (default: text)")
    add_text_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write each sentence, or its record."""
    from translate.files.inputs import check_input, read_input
    from translate.text.flags import Flag
    from translate.text.segment import segment

    check_output(args.out, args.inputs)
    for name in args.inputs:
        check_input(name)
    options = segment_options(args)
    render = _as_json if args.format == "jsonl" else _as_text
    with open_output(args.out) as out:
        for name in args.inputs:
            n_rows = n_marked_up = 0
            for sentence in segment(read_input(name, args.encoding, args.errors), options):
                if line := render(sentence):
                    out.write(line + "\n")
                    n_rows += 1
                    n_marked_up += Flag.MARKUP in sentence.flags
            if n_marked_up and not getattr(args, "quiet", False):
                say(f"{name}: {n_marked_up} of {n_rows} rows have markup (HTML, Markdown, JSON …), read as text")
    return 0


def _as_text(sentence: Sentence) -> str:
    return sentence.text


def _as_json(sentence: Sentence) -> str:
    record = {
        "doc": sentence.doc_id,
        "paragraph": sentence.paragraph,
        "sentence": sentence.index,
        "start": sentence.start,
        "end": sentence.end,
        "raw": sentence.raw,
        "text": sentence.text,
        "flags": list(sentence.flags),
    }
    return json.dumps(record, ensure_ascii=False)
