"""What every command shares at its edges: lines for a person on stderr, and exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import TextIO

from translate.errors import DuizhaoError

__all__ = ["run_command", "say", "stdout"]


def say(line: str) -> None:
    """One line for a person, on stderr; stdout carries data only."""
    from translate.files.lines import one_line

    if sys.stderr is not None:  # closed by the caller; print would take stdout instead
        print(f"duizhao: {one_line(line)}", file=sys.stderr, flush=True)


def stdout() -> TextIO:
    """Standard output, for data.

    Raises:
        OutputError: the program was started without one.
    """
    from translate.errors import OutputError

    if sys.stdout is None:
        raise OutputError("standard output is closed; name a file with -o, or leave it open")
    return sys.stdout


def run_command(args: argparse.Namespace) -> int:
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
