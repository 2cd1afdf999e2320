"""What the commands that read a bitext share."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from translate.cli.console import counted, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.align.words import Words
    from corpus.readers.base import Rejected
    from corpus.readers.bitext import BitextOptions
    from corpus.signals.benchmarks import Benchmark

__all__ = [
    "BITEXT",
    "add_attention_option",
    "add_bitext_options",
    "add_corrections_option",
    "add_license_option",
    "add_output_options",
    "add_signal_option",
    "add_words_option",
    "bitext_options",
    "named_benchmarks",
    "say_rejected",
    "say_unapplied",
    "say_unreadable",
    "words_option",
]


BITEXT = "bitext: .tsv, .jsonl, .tmx, .parquet, .xlf, .xces or .xml of OPUS, .zh beside .en, or the folder of a dataset"
"""What an INPUT of pairs may be, for the help."""


def add_output_options(parser: argparse.ArgumentParser, what: str = "", *, is_required: bool = True) -> None:
    """``-o`` and ``--format`` of a corpus.

    Args:
        parser: of a command.
        what: goes to OUT, for the help.
        is_required: whether argparse is to see to it that there is an OUT.
    """
    begin = f"{what}: " if what else ""
    parser.add_argument(
        "-o",
        "--out",
        required=is_required,
        help=f"{begin}.tsv, .jsonl, .tmx, .parquet, .xlf or .xces, with .gz or .zst if wanted",
    )
    parser.add_argument(
        "--format",
        metavar="NAME",
        help="tsv, jsonl, tmx, parquet, xliff12, xliff21, xces or moses, whatever the suffix of OUT",
    )


def add_corrections_option(parser: argparse.ArgumentParser) -> None:
    """Corrections that a person made of a corpus."""
    parser.add_argument(
        "--corrections",
        metavar="FILE",
        help="put in the corrections that `duizhao serve CORPUS` saved; those that fit no pair any more are named",
    )


def say_unapplied(unapplied: Sequence[str]) -> None:
    """Name the corrections that were not applied."""
    for line in unapplied:
        say(f"correction not applied: {line}")


def add_bitext_options(parser: argparse.ArgumentParser) -> None:
    """Where the two texts of the input are."""
    parser.add_argument(
        "--source-field", default="source", metavar="NAME", help="column or field of the Chinese (default: source)"
    )
    parser.add_argument(
        "--target-field", default="target", metavar="NAME", help="column or field of the English (default: target)"
    )
    parser.add_argument(
        "--split", metavar="NAME", help="of a dataset folder: train, validation, test … (default: all of them)"
    )
    add_license_option(parser)


def add_license_option(parser: argparse.ArgumentParser) -> None:
    """What is known of the rights in the source."""
    parser.add_argument(
        "--source-license",
        type=_license_name,
        metavar="NAME",
        help="of the documents that name none: an SPDX identifier such as CC-BY-4.0, or another name",
    )


def _license_name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise ValueError(text)
    return name


_license_name.__name__ = "name of a licence"  # what argparse calls it in its message


def add_signal_option(parser: argparse.ArgumentParser) -> None:
    """Whether a corpus that is made gets its signals at once."""
    parser.add_argument(
        "--no-signals", action="store_true", help="leave out the signals, which `duizhao score` can add later"
    )


def add_words_option(parser: argparse.ArgumentParser) -> None:
    """Whether a corpus that is made gets the links between words at once."""
    parser.add_argument(
        "--words",
        action="store_true",
        help="write the links between the words of each pair, 0-0 1-2, as `duizhao words` does",
    )
    add_attention_option(parser)


def add_attention_option(parser: argparse.ArgumentParser) -> None:
    """Whether a model is asked for the links."""
    parser.add_argument(
        "--no-attention",
        action="store_true",
        help="link words by a table alone, ten times as fast and twice as often wrong: do not ask what the embedded "
        "model looks at",
    )


def words_option(args: argparse.Namespace) -> Words | None:
    """What links are to go by; None where there are to be none."""
    if not args.words:
        return None
    return "table" if args.no_attention else "attention"


def bitext_options(args: argparse.Namespace) -> BitextOptions:
    """What `add_bitext_options` was told."""
    from corpus.readers.bitext import BitextOptions

    return BitextOptions(args.source_field, args.target_field, split=args.split, license=args.source_license)


def named_benchmarks(paths: Sequence[str], *, with_packaged: bool) -> list[Benchmark]:
    """The test sets of some folders and files; of one name the last."""
    from corpus.curation.benchmarks import packaged, read_benchmarks

    sets = list(packaged()) if with_packaged else []
    for path in paths:
        sets += read_benchmarks(path, lambda item: say(f"left out {item}"))
    return list({each.name: each for each in sets}.values())


def say_rejected(item: Rejected) -> None:
    """Name a row that is no pair."""
    say(f"rejected {item.origin}: {item.reason}")


def say_unreadable(n_rejected: int) -> None:
    """Say how many rows are no pair, where there are any."""
    if n_rejected:
        say(f"{counted(n_rejected, 'row')} rejected, named above")
