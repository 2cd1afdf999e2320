"""What every command shares at its edges: lines for a person on stderr, data on stdout, and exit codes."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TextIO

from translate.errors import DuizhaoError

if TYPE_CHECKING:
    from translate.files.atomic import Sink

__all__ = ["TextOut", "check_output", "counted", "open_output", "run_command", "say", "settle"]


def counted(n: int, noun: str) -> str:
    """A number with its noun: ``1 pair``, ``2 pairs``."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def say(line: str) -> None:
    """One line for a person, on stderr; stdout carries data only.

    Nothing stops because nobody can be told: stderr may be a file on a full disk.
    """
    from translate.files.lines import one_line

    if sys.stderr is not None:  # closed by the caller; print would take stdout instead
        with contextlib.suppress(OSError):
            print(f"duizhao: {one_line(line)}", file=sys.stderr, flush=True)


def check_output(out: str | None, inputs: list[str]) -> None:
    """Find out, before any work is done, whether what is asked for can be written.

    Args:
        out: a path, or None or ``-`` for standard output.
        inputs: what will be read.

    Raises:
        OutputError: it cannot be written, or there is no standard output.
        UsageError: it is one of the inputs.
    """
    from translate.errors import OutputError
    from translate.files.atomic import STDOUT, check_writable
    from translate.files.inputs import check_distinct

    if out is not None and out != STDOUT:
        check_writable(out)
    elif sys.stdout is None:
        raise OutputError("standard output is closed; name a file with -o, or leave it open")
    check_distinct(inputs, [out or STDOUT])


class TextOut:
    """Text on its way out, to standard output or to a file that is not there before it is whole."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, text: str) -> None:
        """Write a piece of text."""
        self._sink.write(text.encode())

    def flush(self) -> None:
        """Let a reader of standard output see what there is."""
        self._sink.flush()


@contextlib.contextmanager
def open_output(out: str | None) -> Iterator[TextOut]:
    """Standard output where ``out`` is None or ``-``; else a file, packed as its suffix says.

    Raises:
        OutputError: see `check_output`; or the disk or the system refuses.
    """
    from translate.files.atomic import STDOUT, open_sink, whole_or_nothing
    from translate.files.packing import packing_of

    name = out or STDOUT
    with whole_or_nothing(open_sink(name, packing_of(name))) as sink:
        yield TextOut(sink)


def run_command(args: argparse.Namespace) -> int:
    """Run the chosen command; what goes wrong becomes one line on stderr and an exit code.

    With ``-v`` the traceback of what went wrong beneath follows.

    Returns:
        0 done, 1 failed, 2 usage, 3 done but some inputs were rejected, 130 interrupted, 141 nobody reads on,
        143 terminated.
    """
    verbose = getattr(args, "verbose", False)
    try:
        command: Callable[[argparse.Namespace], int] = args.run
        with _termination():
            code = command(args)
        if sys.stdout is not None:
            sys.stdout.flush()  # what cannot be written is to be told here, and not by Python as it ends
    except DuizhaoError as error:
        _explain(str(error), error.__cause__ if verbose else None)
        return error.exit_code
    except KeyboardInterrupt as stopped:
        say(getattr(args, "interrupted", "interrupted"))
        settle()
        # Not by way of an ordinary exit, which waits for the batches that are being decoded. Nothing is left to be
        # put in order: files are written beside their place and renamed, and stdout has what was written to it.
        os._exit(143 if isinstance(stopped, _Terminated) else 130)
    except BrokenPipeError:
        _silence(sys.stdout)  # the reader has gone (`| head`)
        return 141
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        _explain(f"{where}{error.strerror or error}", error if verbose else None)
        return 1
    except Exception as error:  # noqa: BLE001 - a mistake of ours: one line as well, and where it is for whoever asks
        hint = "" if verbose else "; this is a mistake in duizhao, and the same command with -v shows where"
        _explain(f"{type(error).__name__}: {error}{hint}", error if verbose else None)
        return 1
    return code


class _Terminated(KeyboardInterrupt):
    """SIGTERM came: from a batch system, a container that is stopped, or `kill`. It is as good a reason as Ctrl-C."""


@contextlib.contextmanager
def _termination() -> Iterator[None]:
    """Let SIGTERM end what is done as Ctrl-C does, unless somebody else has a use for it."""

    def stop(number: int, frame: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
        raise _Terminated

    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is stop:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _explain(message: str, error: BaseException | None) -> None:
    say(f"error: {message}")
    if error is not None and sys.stderr is not None:
        import traceback

        with contextlib.suppress(OSError):
            traceback.print_exception(error, file=sys.stderr)


def settle() -> None:
    """Write out what stdout and stderr hold back; where that fails it was told, or cannot be."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            _silence(stream)


def _silence(stream: TextIO) -> None:
    """Let a stream's rest go nowhere: Python would complain again when it flushes at exit, and change the exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
