"""What ``duizhao --version`` prints: with ``-v`` everything that a report of a fault should name."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib import import_module, metadata

__all__ = ["describe"]

_MAIN = re.compile(r"([\w.-]+)(?!.*;\s*extra\s*==\s*[\"'](?!script))")


def describe(*, verbose: bool) -> Iterator[str]:
    """The version; and, if ``verbose``, Python, the machine, the libraries, and the engines with what they can use."""
    from translate.version import __version__

    yield f"duizhao {__version__}"
    if verbose:
        yield f"python {platform.python_version()} ({platform.system()} {platform.machine()})"
        yield from _libraries()
        yield from _engines()


def _libraries() -> Iterator[str]:
    """Name and version of what the distribution says it needs, and of what ``--script`` does."""
    try:
        needed = metadata.requires("duizhao") or []
    except metadata.PackageNotFoundError:  # run from a folder, without an installation
        needed = []
    for name in sorted({found[1] for line in needed if (found := _MAIN.match(line))}):
        try:
            yield f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            yield f"{name} not installed"


def _engines() -> Iterator[str]:
    from translate.engines.choose import ENGINES
    from translate.engines.native import library

    notes = {"native": library.why_not() or f"products in {library.instructions()}"}
    for name, home in sorted(ENGINES.items()):
        module = home.partition(":")[0]
        try:
            import_module(module)
        except ImportError as error:
            yield f"engine {name}: not available, {error}"
            continue
        missing = name == "native" and library.why_not() is not None
        state = "not available" if missing else "available"
        yield f"engine {name}: {state}{', ' + notes[name] if name in notes else ''}"
    yield f"GPU: {_gpu()}"


def _gpu() -> str:
    try:
        import torch
    except ImportError:
        return "unknown, since torch cannot be imported"
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "none that torch can use"
