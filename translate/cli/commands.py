"""``duizhao translate``, ``split`` and ``models``: the commands that need no corpus.

Heavy modules are imported inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from translate.errors import DuizhaoError, ModelFallbackWarning, UsageError

if TYPE_CHECKING:
    from translate.files.atomic import Sink
    from translate.pipeline.translator import Translator
    from translate.text.records import Paragraph, Sentence
    from translate.text.segment import SegmentOptions

__all__ = [
    "add_commands",
    "add_common_options",
    "add_model_options",
    "add_text_options",
    "load_translator",
    "positive",
    "run",
    "say",
    "segment_options",
]

_WINDOW = 1024


def say(line: str) -> None:
    """One line for a person, on stderr; stdout carries data only."""
    from translate.files.lines import one_line

    if sys.stderr is not None:  # closed by the caller; print would take stdout instead
        print(f"duizhao: {one_line(line)}", file=sys.stderr, flush=True)


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Options that choose the model and the engine; each is named as the argument of `Translator.load`."""
    group = parser.add_argument_group("model")
    group.add_argument("--model", default="auto", metavar="NAME|FOLDER", help="model to use (default: auto)")
    group.add_argument(
        "--engine", default="auto", metavar="NAME", help="auto, native, ct2, torch or fake (default: auto)"
    )
    group.add_argument("--beam-size", type=positive, metavar="N", help="hypotheses kept (default: the model's own)")
    group.add_argument(
        "--compute-type", metavar="TYPE", help="int16, int8, float32, bfloat16 … (default: the engine's)"
    )
    group.add_argument("--threads", type=positive, metavar="N", help="CPU threads in all (default: one a core)")
    group.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    group.add_argument("--shortlist", metavar="FILE", help="of `duizhao shortlist`: write only the tokens it allows")


def add_text_options(parser: argparse.ArgumentParser) -> None:
    """Options for how text is read, repaired and split."""
    group = parser.add_argument_group("text")
    group.add_argument("--encoding", help="force an encoding (default: strict UTF-8, then a detector)")
    group.add_argument("--quotes", choices=("break", "keep"), default="break", help="split inside quotes or not")
    group.add_argument("--script", choices=("t2s", "tw2sp"), help="turn Traditional into Simplified (needs an extra)")
    group.add_argument(
        "--no-repair",
        action="append",
        default=[],
        metavar="NAME",
        help="switch off a repair: entities, mojibake, invisibles, width or spacing; may be given again",
    )
    group.add_argument("--boilerplate", action="store_true", help="drop known boilerplate such as ( 微博 )")


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


def segment_options(args: argparse.Namespace, *, lines: bool = False) -> SegmentOptions:
    """Segmentation as the command line asks for it.

    Args:
        args: with the options of `add_text_options`.
        lines: whether lines must stay lines (no re-joining of hard-wrapped text).

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
    repairs = NormalizeOptions(script=args.script, boilerplate=args.boilerplate, **off)
    return SegmentOptions(normalize=repairs, quotes=args.quotes, hard_wrap="off" if lines else "auto")


def load_translator(args: argparse.Namespace, segmentation: SegmentOptions) -> Translator:
    """Load what the command line names; say on stderr what the user must know."""
    from translate.pipeline.translator import Translator

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ModelFallbackWarning)  # said below, in our own line
        translator = Translator.load(
            args.model,
            engine=args.engine,
            beam_size=args.beam_size,
            compute_type=args.compute_type,
            threads=args.threads,
            device=args.device,
            shortlist=args.shortlist,
            segmentation=segmentation,
        )
    if translator.model.warning:
        say(translator.model.warning)
    if getattr(args, "verbose", False):
        say(f"signature {translator.signature}")
        if translator.engine.name == "native":
            from translate.engines.native.library import instructions

            say(f"products in {instructions()}; other instructions give the same translations")
    return translator


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``translate``, ``split`` and ``models`` to a parser's commands."""
    _add_translate(commands)
    _add_split(commands)
    _add_models(commands)


def _add_translate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "translate",
        help="line in, line out",
        description="Translate text line by line. Several sentences on a line come back on that line; "
        "blank lines stay. Standard input is streamed.",
    )
    parser.add_argument("files", nargs="*", default=["-"], metavar="FILE", help="text files, or - (default: -)")
    parser.add_argument("-o", "--out", metavar="OUT", help="write here instead of standard output")
    add_text_options(parser)
    add_model_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=_translate)


def _add_split(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "split",
        help="one sentence a line",
        description="Repair and split Chinese text. No model is loaded.",
    )
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="a text file, or - (default: -)")
    parser.add_argument("--format", choices=("text", "jsonl"), default="text", help="what to print (default: text)")
    add_text_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=_split)


def _add_models(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("models", help="list, show, pull or verify models", description="The known models.")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="a line for each known model")
    listing.set_defaults(run=_models_list)
    runs: list[tuple[str, str, Callable[[argparse.Namespace], int]]] = [
        ("show", "everything known of a model", _models_show),
        ("pull", "download a model and verify it", _models_pull),
        ("verify", "check every file of a model", _models_verify),
    ]
    for name, text, run in runs:
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("name", metavar="NAME", help="a name from `duizhao models list`")
        add_common_options(action)
        action.set_defaults(run=run)


# --- translate -------------------------------------------------------------------------------------------------


class _Text(Protocol):
    """Where text goes, a piece at a time."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> None: ...


class _SinkText:
    """Text into a file that is not there before it is whole."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, text: str) -> None:
        self._sink.write(text.encode())

    def flush(self) -> None:
        """Nobody can look at it yet."""


class _Lines:
    """Writes translations so that line n of the output belongs to line n of the input."""

    def __init__(self, out: _Text) -> None:
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


def _translate(args: argparse.Namespace) -> int:
    from translate.files.atomic import STDOUT, check_writable

    if args.out is None or args.out == STDOUT:
        _stdout()
    else:
        check_writable(args.out)
    for name in args.files:
        _check_file(name)
    translator = load_translator(args, segment_options(args, lines=True))
    with translator, _open_out(args.out) as out:
        for name in args.files:
            if name == "-":
                _translate_stream(translator, out, args.encoding)
            else:
                _translate_file(translator, out, Path(name), args.encoding)
    return 0


def _translate_file(translator: Translator, out: _Text, path: Path, encoding: str | None) -> None:
    from translate.text.segment import segment

    lines = _Lines(out)
    count = _Counter(_paragraphs(path, encoding))
    for sentence, translation in translator.translate_stream(segment(count, translator.segmentation)):
        lines.write(sentence.paragraph, translation.text)
        out.flush()
    lines.goto(count.n_lines)
    out.flush()


def _translate_stream(translator: Translator, out: _Text, encoding: str | None) -> None:
    from translate.cli.stream import feed
    from translate.files.lines import stdin_bytes

    lines = _Lines(out)
    n_lines = 0
    for batch in feed(stdin_bytes(), translator.segmentation, encoding, window=_WINDOW):
        texts = [sentence.text for sentence in batch.sentences]
        for sentence, translation in zip(batch.sentences, translator.translate_sentences(texts), strict=True):
            lines.write(sentence.paragraph, translation.text)
        n_lines = batch.n_lines
        lines.goto(n_lines)
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


def _paragraphs(path: Path, encoding: str | None) -> Iterator[Paragraph]:
    from translate.files.lines import detect_encoding, read_paragraphs, without_surrogates

    return read_paragraphs(path, without_surrogates(path.name), detect_encoding(path, encoding))


def _check_file(name: str) -> None:
    """Find out, before any work is done, whether there is such an input."""
    from translate.errors import InputError
    from translate.files.lines import stdin_bytes

    if name == "-":
        stdin_bytes()
    elif not Path(name).is_file():
        what = "a folder; give its files" if Path(name).is_dir() else "no such file"
        raise InputError(f"{name}: {what}")


def _stdout() -> _Text:
    from translate.errors import OutputError

    if sys.stdout is None:
        raise OutputError("standard output is closed; name a file with -o, or leave it open")
    return sys.stdout


@contextlib.contextmanager
def _open_out(name: str | None) -> Iterator[_Text]:
    """Standard output, or a file that takes its name only once it is whole."""
    from translate.files.atomic import STDOUT, open_sink, packing_of, whole_or_nothing

    if name is None or name == STDOUT:
        yield _stdout()
        return
    with whole_or_nothing(open_sink(name, packing_of(name))) as sink:
        yield _SinkText(sink)


# --- split -----------------------------------------------------------------------------------------------------


def _split(args: argparse.Namespace) -> int:
    _check_file(args.file)
    out = _stdout()
    options = segment_options(args)
    render = _as_json if args.format == "jsonl" else _as_text
    for sentence in _sentences(args.file, args.encoding, options):
        line = render(sentence)
        if line:
            out.write(line + "\n")
    out.flush()
    return 0


def _sentences(name: str, encoding: str | None, options: SegmentOptions) -> Iterator[Sentence]:
    from translate.files.lines import STDIN, Spool, scan
    from translate.text.segment import segment

    if name != STDIN:
        return segment(_paragraphs(Path(name), encoding), options)
    spool = Spool(name)
    found = scan(spool.path, encoding, name=name).encoding
    return segment(spool.read("stdin", encoding=found), options)


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
    }
    return json.dumps(record, ensure_ascii=False)


# --- models ----------------------------------------------------------------------------------------------------


def _models_list(_args: argparse.Namespace) -> int:
    from translate.marian.catalogue import is_cached, known

    for spec in known().values():
        state = "here" if spec.repo is None or is_cached(spec) else "not downloaded"
        size = f"{spec.n_bytes / 1e6:.0f} MB"
        print(f"{spec.name}\t{spec.source}→{spec.target}\t{size}\t{spec.licence}\t{state}")
    return 0


def _models_show(args: argparse.Namespace) -> int:
    from translate.marian.catalogue import get_spec, is_cached

    spec = get_spec(args.name)
    rows: Sequence[tuple[str, object]] = [
        ("name", spec.name),
        ("repo", spec.repo or "inside the package"),
        ("revision", spec.revision),
        ("licence", spec.licence),
        ("languages", f"{spec.source} → {spec.target}"),
        ("token limit", spec.max_tokens),
        ("beam size", spec.beam),
        ("here", "yes" if spec.repo is None or is_cached(spec) else "no"),
        ("notes", spec.notes),
    ]
    for key, value in rows:
        print(f"{key:<12} {value}")
    for name, pin in spec.files.items():
        print(f"{'file':<12} {name}  {pin.n_bytes} bytes  sha256 {pin.sha256}")
    return 0


def _models_pull(args: argparse.Namespace) -> int:
    from translate.cli.progress import download_progress
    from translate.marian.catalogue import pull

    with download_progress() as progress:
        model = pull(args.name, progress=progress)
    print(model.path)
    return 0


def _models_verify(args: argparse.Namespace) -> int:
    from translate.marian.catalogue import verify

    model = verify(args.name)
    print(f"{model.spec.name}: all {len(model.spec.files)} files are the pinned ones ({model.path})")
    return 0


def run(args: argparse.Namespace) -> int:
    """Run the chosen command; what goes wrong becomes one line on stderr and an exit code.

    Returns:
        0 done, 1 failed, 2 usage, 3 done but some inputs were rejected, 130 interrupted, 141 nobody reads on.
    """
    try:
        command: Callable[[argparse.Namespace], int] = args.run
        return command(args)
    except DuizhaoError as error:
        say(f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        say(getattr(args, "interrupted", "interrupted"))
        # Not by way of an ordinary exit, which waits for the batches that are being decoded. Nothing is left to be
        # put in order: files are written beside their place and renamed, stdout is flushed line by line.
        os._exit(130)
    except BrokenPipeError:
        # The reader has gone (`| head`); Python would complain again when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
