"""Starts the training of a folder that `travel` made, as a process of its own session, and comes back at once.

    python3 TRAVEL RUN [OPTIONS OF train]

The training goes on when the shell that started it ends. It writes ``RUN/train.out``, and with each checkpoint the
averaged weights to ``RUN/packed``, in files of at most 15 MiB; ``checkpoint glue`` puts them together. Called again
after the process has ended it goes on where that stopped, unless an option that decides the outcome is another.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import subprocess
import sys
from pathlib import Path
from typing import IO

__all__ = ["main", "taken"]


def main(folder: Path) -> None:
    """Command line; see the module.

    Args:
        folder: what `travel` made.
    """
    parser = argparse.ArgumentParser(prog=f"python3 {folder.name}", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path, help="folder to write, or to go on in")
    args, more = parser.parse_known_args()
    run = args.run.resolve()
    run.mkdir(parents=True, exist_ok=True)
    options = json.loads((folder / "train.json").read_text(encoding="utf-8"))
    command = [
        sys.executable, "-u", "-m", "recipes.zh_en_mini.train", "--out", run, "--pack", run / "packed",
        "--shards", folder / "shards", "--vocab", folder / "vocab", "--embeddings", folder / "embeddings.npy",
        "--bridge", *options, *more,
    ]  # fmt: skip
    with (run / "train.out").open("ab") as output, (run / "lock").open("a") as lock:
        if not taken(lock):
            raise SystemExit(f"{run}: a process trains there already; to end it: kill {(run / 'pid').read_text()}")
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[lock.fileno()],
        )
    (run / "pid").write_text(str(process.pid), encoding="utf-8")
    print(f"process {process.pid} trains; watch {run / 'train.out'}, weights come to {run / 'packed'}")


def taken(lock: IO[str]) -> bool:
    """Take the lock of a run, which the training keeps until it ends, however it ends; False when another has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
