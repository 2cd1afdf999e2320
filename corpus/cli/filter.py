"""``duizhao filter``: pairs that pass the rules, and what each rule costs."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from corpus.cli.bitext import (
    BITEXT,
    add_bitext_options,
    add_output_options,
    bitext_options,
    say_rejected,
    say_unreadable,
)
from translate.cli.console import say
from translate.cli.options import Commands, add_common_options, positive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corpus.curation.rules import Rule

__all__ = ["add", "run"]

_PRESETS = ("strict", "standard", "none")  # those of `corpus.curation.rules`, which is not imported for a help text


def add(commands: Commands) -> None:
    """Add ``filter`` to a parser's commands."""
    parser = commands.add_parser(
        "filter",
        description="Keep the pairs that pass rules, and show what each rule costs. Refused pairs go to "
        "NAME.rejected.jsonl beside OUT, each with its reason and value, the counts to NAME.waterfall.json.",
    )
    parser.add_argument(
        "input",
        nargs="?",
        metavar="INPUT",
        help=BITEXT,
    )
    add_output_options(parser, "the pairs that pass", is_required=False)
    parser.add_argument("--preset", choices=_PRESETS, help="which rules (default: standard)")
    parser.add_argument("--rules", metavar="FILE", help="rules of your own: YAML, as --print-rules writes it")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change or add a rule: length=-3..6, numbers=0.8.., loop=on, urls=off; may be given again",
    )
    parser.add_argument("--rejected", metavar="FILE", help="where refused pairs go (default: beside OUT)")
    parser.add_argument("--print-rules", action="store_true", help="print the file of a preset, to be copied, and end")
    parser.add_argument("--rescore", action="store_true", help="compute all signals anew, also those that are there")
    parser.add_argument("--workers", type=positive, metavar="N", help="processes that score (default: one a core)")
    add_bitext_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Filter a bitext, or print a preset."""
    from corpus.curation.filter import filter_corpus
    from corpus.curation.rules import preset_text
    from translate.engines.workers import usable_cores
    from translate.errors import UsageError

    if args.rules is not None and args.preset is not None:
        raise UsageError("--rules and --preset both say which rules; give one of them")
    if args.print_rules:
        sys.stdout.write(preset_text(args.preset or "standard"))
        return 0
    if args.input is None or args.out is None:
        raise UsageError("expected INPUT and -o OUT, or --print-rules")
    report = filter_corpus(
        args.input,
        args.out,
        _rules(args),
        settings=args.set,
        rejected=args.rejected,
        format=args.format,
        options=bitext_options(args),
        rescore=args.rescore,
        workers=args.workers or usable_cores(),
        on_reject=say_rejected,
    )
    if report.outdated:
        say(_outdated(report.outdated))
    if not getattr(args, "quiet", False):
        for line in report.waterfall.lines():
            say(line)
        say(f"refused pairs in {report.rejected}")
        if not report.waterfall.kept.pairs:
            say(f"nothing is left: all pairs were refused, and {report.out} is empty; see the table for the rules")
        say_unreadable(report.n_unreadable)
    return 3 if report.n_unreadable else 0


def _outdated(found: Mapping[str, int]) -> str:
    """One line on signals of other versions, and on those that were not computed."""
    old = [f"{name} of version {version}" for name, version in found.items() if version]
    missing = [name for name, version in found.items() if not version]
    seen = ", ".join([*old, *(f"no {name}" for name in missing)])
    return f"the signals of the input are not today's: {seen}; compute them anew with --rescore"


def _rules(args: argparse.Namespace) -> tuple[Rule, ...]:
    from corpus.curation.rules import load_rules, parse_rules, preset_text

    if args.rules is not None:
        return load_rules(args.rules)
    preset = args.preset or "standard"
    return parse_rules(preset_text(preset), f"{preset}.yaml")
