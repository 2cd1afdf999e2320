"""Options that several commands share, and what they stand for."""

from __future__ import annotations

import argparse
import warnings
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from translate.cli.console import say
from translate.errors import ModelFallbackWarning, UsageError

if TYPE_CHECKING:
    from translate.pipeline.translator import Translator
    from translate.text.segment import SegmentOptions
    from translate.text.terminology import Terminology

__all__ = [
    "Commands",
    "add_common_options",
    "add_model_options",
    "add_terms_options",
    "add_text_options",
    "add_worker_options",
    "load_translator",
    "positive",
    "segment_options",
    "terminology",
]

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""The commands of a parser; a command's module adds its own to them."""


def add_model_options(
    parser: argparse.ArgumentParser, *, n_models: int = 1, beam_size: str = "the model's own"
) -> None:
    """Options that choose the model and the engine; each is named as the argument of `Translator.load`.

    Args:
        parser: of a command.
        n_models: how many models it wants; more than one are a list, and so are any number of them, which is 0.
        beam_size: what is taken where none is given, for the help.
    """
    group = parser.add_argument_group("model")
    if n_models == 1:
        group.add_argument("--model", default="auto", metavar="NAME|FOLDER", help="model to use (default: auto)")
    elif n_models == 0:
        named = "a model to use; may be given again"
        group.add_argument("--model", action="append", default=[], metavar="NAME|FOLDER", help=named)
    else:
        named = f"one of the {n_models} models; give it {n_models} times"
        group.add_argument("--model", action="append", required=True, metavar="NAME|FOLDER", help=named)
    group.add_argument(
        "--engine", default="auto", metavar="NAME", help="auto, native, ct2, torch or transformers (default: auto)"
    )
    group.add_argument("--beam-size", type=positive, metavar="N", help=f"hypotheses kept (default: {beam_size})")
    group.add_argument(
        "--compute-type", metavar="TYPE", help="int16, int8, float32, bfloat16 … (default: the engine's)"
    )
    group.add_argument("--threads", type=positive, metavar="N", help="CPU threads in all (default: one a core)")
    group.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    group.add_argument("--shortlist", metavar="FILE", help="of `duizhao shortlist`: write only the tokens it allows")


def add_worker_options(parser: argparse.ArgumentParser) -> None:
    """Options for engines in processes of their own."""
    group = parser.add_argument_group("workers")
    group.add_argument(
        "--workers",
        type=positive,
        metavar="N",
        help="engines in N processes, a thread each: one that raises, hangs or dies is replaced, and a sentence that "
        "none survives is flagged failed (default: one engine in this process)",
    )
    group.add_argument(
        "--deadline",
        type=positive,
        metavar="SECONDS",
        help="a worker that gives no answer for so long is replaced (default: 600)",
    )


def add_text_options(parser: argparse.ArgumentParser, *, lines: bool = False) -> None:
    """Options for how text is read, repaired and split.

    Args:
        parser: of a command.
        lines: whether lines must stay lines, so that none are re-joined.
    """
    group = parser.add_argument_group("text")
    group.add_argument("--encoding", help="force an encoding (default: strict UTF-8, then a detector)")
    group.add_argument(
        "--errors",
        choices=("strict", "replace"),
        default="strict",
        help="what becomes of bytes that cannot be decoded: an error, or U+FFFD and the flag replacement",
    )
    group.add_argument("--quotes", choices=("break", "keep"), default="break", help="split inside quotes or not")
    if not lines:
        group.add_argument(
            "--hard-wrap",
            choices=tuple(_HARD_WRAP),
            default="auto",
            help="whether lines were cut at a width, and are to be re-joined (default: auto, by their looks)",
        )
    group.add_argument(
        "--script",
        choices=("auto", "t2s", "tw2sp"),
        help="auto: flag in which script and variety each document is, and convert nothing; the others turn "
        "Traditional into Simplified (they need an extra)",
    )
    group.add_argument(
        "--no-repair",
        action="append",
        default=[],
        metavar="NAME",
        help="switch off a repair: entities, mojibake, invisibles, width or spacing; may be given again",
    )
    group.add_argument("--boilerplate", action="store_true", help="drop known boilerplate such as ( 微博 )")


def add_terms_options(parser: argparse.ArgumentParser) -> None:
    """Options for what translations are to have; see `terminology`."""
    group = parser.add_argument_group("terms")
    group.add_argument(
        "--glossary", metavar="FILE", help="lines of Chinese, a tab, English: terms that are to be translated so"
    )
    group.add_argument(
        "--inflected", action="store_true", help="the last word of a term may end otherwise (cats for cat)"
    )
    group.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="NAMES",
        help="spans that come out as they went in: default, or some of url, email, code, tag, placeholder, hashtag, "
        "mention and model, parted by commas; may be given again",
    )
    group.add_argument(
        "--keep-regex", action="append", default=[], metavar="REGEX", help="such spans too; may be given again"
    )


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """``-v`` and ``-q``, which may stand before the command or after it."""
    # SUPPRESS: a flag given before the command must not be reset by the default of the one after it.
    parser.add_argument(
        "-v", "--verbose", action="store_true", default=argparse.SUPPRESS, help="say what was chosen, on stderr"
    )
    parser.add_argument(
        "-q", "--quiet", action="store_true", default=argparse.SUPPRESS, help="no progress and no summary"
    )


def positive(text: str) -> int:
    """A number above 0, for ``type=`` of an option."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


positive.__name__ = "positive integer"  # what argparse calls it in its message


_HARD_WRAP: dict[str, Literal["auto", "on", "off"]] = {"auto": "auto", "yes": "on", "no": "off"}


def segment_options(args: argparse.Namespace) -> SegmentOptions:
    """Segmentation as the command line asks for it.

    Args:
        args: with the options of `add_text_options`.

    Raises:
        UsageError: no such repair.
    """
    from translate.text.normalize import NormalizeOptions
    from translate.text.segment import SegmentOptions

    off: dict[str, Any] = {}
    for name in args.no_repair:
        if name == "spacing":
            off[name] = "off"
        elif name in {"entities", "mojibake", "invisibles", "width"}:
            off[name] = False
        else:
            raise UsageError(f"unknown repair {name!r}; known: entities, invisibles, mojibake, spacing, width")
    is_auto = args.script == "auto"
    repairs = NormalizeOptions(script=None if is_auto else args.script, boilerplate=args.boilerplate, **off)
    wrap = _HARD_WRAP[getattr(args, "hard_wrap", "no")]
    return SegmentOptions(normalize=repairs, quotes=args.quotes, hard_wrap=wrap, variety=is_auto)


def terminology(args: argparse.Namespace) -> Terminology | None:
    """What translations are to have, as the command line asks for it; None where it asks for nothing.

    Args:
        args: with the options of `add_terms_options`, or without.

    Raises:
        InputError: the glossary cannot be read.
        UsageError: there is no such kind of span, or a regular expression is none.
    """
    if not (getattr(args, "glossary", None) or getattr(args, "keep", None) or getattr(args, "keep_regex", None)):
        return None
    from translate.text.glossary import Glossary
    from translate.text.keep import Keep
    from translate.text.terminology import Terminology

    glossary = Glossary.read(args.glossary) if args.glossary else Glossary()
    return Terminology(glossary, Keep.named(args.keep, args.keep_regex), args.inflected)


def load_translator(args: argparse.Namespace, segmentation: SegmentOptions, *, model: str | None = None) -> Translator:
    """Load what the command line names; say on stderr what the user must know.

    Args:
        args: with the options of `add_model_options`.
        segmentation: see `segment_options`.
        model: one of those that were named, where a command takes several.
    """
    from translate.cli.progress import download_progress
    from translate.engines.choose import CONSTRAINED
    from translate.pipeline.translator import Translator

    asked = terminology(args)  # read before a model is: a slip in it should not take minutes to be told
    with warnings.catch_warnings(), download_progress(quiet=getattr(args, "quiet", False)) as progress:
        warnings.simplefilter("ignore", ModelFallbackWarning)  # said below, in our own line
        translator = Translator.load(
            args.model if model is None else model,
            engine=args.engine,
            beam_size=args.beam_size,
            compute_type=args.compute_type,
            threads=args.threads,
            device=args.device,
            shortlist=args.shortlist,
            workers=getattr(args, "workers", None),
            deadline=getattr(args, "deadline", None),
            segmentation=segmentation,
            terminology=asked,
            progress=progress,
        )
    if asked and translator.engine.name not in CONSTRAINED and not getattr(args, "quiet", False):
        say(f"engine {translator.engine.name} cannot be made to write a term: it is asked to, and what it does not "
            "write is flagged; --engine native or torch can")  # fmt: skip
    if translator.model.warning:
        say(translator.model.warning)
    if getattr(args, "verbose", False):
        say(f"signature {translator.signature}")
        if translator.engine.name == "native":
            from translate.engines.native.library import instructions

            say(f"products in {instructions()}; other instructions give the same translations")
    return translator
