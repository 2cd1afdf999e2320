"""``duizhao evaluate``: translations against those of people."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from translate.cli.console import check_output, open_output, say
from translate.cli.options import (
    Commands,
    add_common_options,
    add_model_options,
    add_text_options,
    load_translator,
    segment_options,
)
from translate.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from translate.files.decoding import Errors
    from translate.pipeline.evaluation import Evaluation, Group

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Add ``evaluate`` to a parser's commands."""
    parser = commands.add_parser(
        "evaluate",
        description="Score translations against those of people. BLEU and chrF as a whole with 95 % intervals, by "
        "length, by document. A second system is compared with the first by paired bootstrap. "
        "Needs an extra: duizhao[evaluate].",
    )
    parser.add_argument("--source", required=True, metavar="FILE", help="Chinese, a sentence a line, or -")
    parser.add_argument("--reference", required=True, metavar="FILE", help="a translation by people, line for line")
    parser.add_argument(
        "--translation",
        action="append",
        default=[],
        metavar="FILE",
        help="what another system made of it, line for line; may be given again",
    )
    parser.add_argument("--documents", metavar="FILE", help="the name of its document for each line")
    parser.add_argument("-o", "--out", metavar="OUT", help="write a table of all sentences here, the worst first")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_text_options(parser, lines=True)
    add_model_options(parser, n_models=0)
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Translate with each model, score all systems, print what was found."""
    from translate.files.inputs import check_input
    from translate.pipeline.comparison import load_sacrebleu
    from translate.pipeline.evaluation import evaluate

    load_sacrebleu()  # before anything is translated
    beside = [args.reference, *args.translation, *([args.documents] if args.documents else [])]
    if args.out is not None:
        check_output(args.out, [args.source, *beside])
    for name in (args.source, args.reference, *args.translation):
        check_input(name)
    if args.documents and not Path(args.documents).is_file():  # names of any kind, so no look at what they look like
        raise InputError(f"{args.documents}: no such file")
    source, *others = _aligned(args.source, beside, args.encoding, args.errors)
    reference, systems = others[0], dict(zip(args.translation, others[1:], strict=False))
    documents = others[-1] if args.documents else None
    signatures = _translated(args, source, systems)
    found = evaluate(source, reference, systems, documents)
    if args.json:
        print(json.dumps(found.as_json() | {"translators": signatures}, ensure_ascii=False, indent=1))
    else:
        print("\n".join(_table(found, signatures)))
    if args.out is not None:
        _write_sentences(args.out, source, reference, systems, found)
    return 0


def _aligned(source: str, beside: Sequence[str], encoding: str | None, errors: Errors) -> list[list[str]]:
    """The lines of each file where the source is not blank.

    Raises:
        UsageError: a file has more lines or fewer, or a blank one where the source has a sentence.
    """
    lines = _lines(source, encoding, errors)
    kept = [i for i, line in enumerate(lines) if line.strip()]
    found = [[lines[i] for i in kept]]
    for name in beside:
        other = _lines(name, None, "strict")
        if len(other) != len(lines):
            raise UsageError(f"{name} has {len(other)} lines, {source} {len(lines)}; expected one for each")
        found.append([other[i] for i in kept])
    for number, line in zip(kept, found[1], strict=True):
        if not line.strip():
            raise UsageError(f"{beside[0]}:{number + 1}: blank, expected the reference of {lines[number][:40]!r}")
    return found


def _lines(name: str, encoding: str | None, errors: Errors) -> list[str]:
    """The lines of a text but for blank ones at its end."""
    from translate.files.inputs import read_lines

    lines = read_lines(name, encoding, errors)
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _translated(args: argparse.Namespace, source: Sequence[str], systems: dict[str, list[str]]) -> dict[str, str]:
    """Put what each model makes of the source before the other systems; gives back the signature of each model."""
    given = dict(systems)
    systems.clear()
    signatures: dict[str, str] = {}
    models = args.model or ([] if given else ["auto"])
    for model in models:
        with load_translator(args, segment_options(args), model=model) as translator:
            name = translator.model.spec.name
            if name in signatures:
                raise UsageError(f"two models are called {name!r}, expected names of their own: rename a folder")
            signatures[name] = translator.signature
            systems[name] = translator.translate(source)
    for path, lines in given.items():
        systems[path if Path(path).name in systems else Path(path).name] = lines
    return signatures


# -- what is printed -----------------------------------------------------------------------------------------------


def _table(found: Evaluation, signatures: Mapping[str, str]) -> Iterator[str]:
    width = max(len("sentences"), *(len(name) for name in found.scores)) + 2
    yield f"{'system':<{width}}{'BLEU':>13}{'chrF':>13}{'p (BLEU)':>11}{'p (chrF)':>11}"
    for name, scores in found.scores.items():
        cells = "".join(f"{f'{each.score:.1f} ± {each.margin:.1f}':>13}" for each in scores)
        cells += "".join(f"{paired.p_value:>11.4f}" for paired in found.against_first.get(name, ()))
        yield f"{name:<{width}}{cells}"
    for kind, title in (("length", "characters"), ("document", "document")):
        groups = [group for group in found.groups if group.kind == kind]
        if groups:
            yield ""
            yield from _group_table(title, groups)
    yield ""
    yield f"sentences: {found.n_sentences}; ±: 95 % interval of 1,000 samples"
    if found.against_first:
        yield f"p: how often chance alone makes as much of a difference to {next(iter(found.scores))}"
    first = next(iter(found.scores.values()))
    yield from (f"{score.metric}: {score.signature}" for score in first)
    yield from (f"{name}: {signature}" for name, signature in signatures.items())


def _group_table(title: str, groups: Sequence[Group]) -> Iterator[str]:
    systems = list(groups[0].bleu)
    width = max(len(title), *(len(group.name) for group in groups)) + 2
    # Two columns a system, under its name.
    spans = [max(len(system) + 2, 14) for system in systems]
    names = "".join(f"{system:>{span}}" for system, span in zip(systems, spans, strict=True))
    heads = "".join(f"{'BLEU  chrF':>{span}}" for span in spans)
    yield f"{'':<{width}}{'':>9}{names}"
    yield f"{title:<{width}}{'sentences':>9}{heads}"
    for group in groups:
        cells = "".join(
            f"{f'{group.bleu[name]:4.1f}  {group.chrf[name]:4.1f}':>{span}}"
            for name, span in zip(systems, spans, strict=True)
        )
        yield f"{group.name:<{width}}{group.n_sentences:>9}{cells}"


def _write_sentences(
    out: str,
    source: Sequence[str],
    reference: Sequence[str],
    systems: Mapping[str, Sequence[str]],
    found: Evaluation,
) -> None:
    """A row a sentence: line, source, reference, then of each system its chrF and its text; the worst first."""
    first = found.sentence_chrf[next(iter(systems))]
    order = sorted(range(len(source)), key=lambda i: (first[i], i))
    heads = [head for name in systems for head in (f"chrF {name}", name)]
    with open_output(out) as table:
        table.write("\t".join(["sentence", "source", "reference", *heads]) + "\n")
        for i in order:
            cells = [cell for name, texts in systems.items() for cell in (str(found.sentence_chrf[name][i]), texts[i])]
            row = [str(i + 1), source[i], reference[i], *cells]
            table.write("\t".join(" ".join(cell.split()) for cell in row) + "\n")
    say(f"all sentences in {out}")
