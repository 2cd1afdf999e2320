"""A process that ends with the one that started it, however that ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from multiprocessing import parent_process

__all__ = ["end_with_parent"]

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have this process killed when the thread that started it has gone; does nothing but on Linux.

    Also where it hangs in compiled code that keeps the interpreter, and so never sees a pipe close. One whose parent
    has gone already, while it was starting, would hear nothing of that any more, and ends here.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        parent = parent_process()
        if parent is not None and parent.pid != os.getppid():
            os.kill(os.getpid(), signal.SIGKILL)
