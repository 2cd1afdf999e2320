"""``duizhao compare``: what two models make of the same text, side by side."""

from __future__ import annotations

import argparse
from itertools import zip_longest

from translate.cli.console import check_output, open_output, say
from translate.cli.options import (
    Commands,
    add_common_options,
    add_model_options,
    add_text_options,
    load_translator,
    segment_options,
)
from translate.errors import UsageError

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Add ``compare`` to a parser's commands."""
    parser = commands.add_parser(
        "compare",
        description="Two models on a text, side by side. With a reference, BLEU and chrF of sacreBLEU with paired "
        "bootstrap on standard error (needs an extra: duizhao[evaluate]).",
    )
    parser.add_argument("input", metavar="INPUT", help="text file with a sentence a line, or -")
    parser.add_argument("--reference", metavar="FILE", help="a translation by people, line for line")
    parser.add_argument("-o", "--out", metavar="OUT", help="write the table here instead of standard output")
    add_text_options(parser, lines=True)
    add_model_options(parser, n_models=2)
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Translate with the one model, then with the other; write a table, say the scores."""
    from translate.files.inputs import check_input, read_lines
    from translate.pipeline.comparison import compare_models
    from translate.pipeline.translator import Translator

    if len(args.model) != 2:
        raise UsageError(f"two models are compared, {len(args.model)} given: --model A --model B")
    inputs = [args.input, *([args.reference] if args.reference else [])]
    check_output(args.out, inputs)
    for name in inputs:
        check_input(name)
    source = read_lines(args.input, args.encoding, args.errors)
    reference = read_lines(args.reference, None, "strict") if args.reference else None
    if reference is not None and len(source) < len(reference):
        raise UsageError(f"{args.reference} has {len(reference)} lines, {args.input} {len(source)}: give one for each")
    rows = [(line, other) for line, other in zip_longest(source, reference or (), fillvalue="") if line.strip()]
    segmentation = segment_options(args)

    def load(model: str) -> Translator:
        return load_translator(args, segmentation, model=model)

    texts, references = [line for line, _ in rows], [other for _, other in rows]
    found = compare_models(
        args.model[0], args.model[1], texts, references if reference is not None else None, load=load
    )
    columns = [texts, *found.outputs, *([references] if reference is not None else [])]
    with open_output(args.out) as out:
        for row in (["source", *args.model, "reference"][: len(columns)], *zip(*columns, strict=True)):
            out.write("\t".join(" ".join(cell.split()) for cell in row) + "\n")
    if not getattr(args, "quiet", False):
        for name, signature in zip("AB", found.signatures, strict=True):
            say(f"{name}: {signature}")
    for score in found.scores:
        say(str(score))
    return 0
