"""Compiles the sources in ``src``, when duizhao is installed or by ``python -m translate.engines.native.compile``.

It needs nothing but a C++ compiler, and may not import the rest of duizhao: it runs before that is installed.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

FOLDER = Path(__file__).parent
SOURCES = FOLDER / "src"
LIBRARY = "libduizhao.so"

FLAGS = (
    *("-O3", "-std=c++17", "-mavx2", "-mfma", "-Wall", "-Wextra"),
    # A product and a sum are one rounding only where the sources say so, so that every compiler gives the same bits.
    "-ffp-contract=off",
)
"""For the sources; newer instructions than these are in functions of their own (``instructions.h``)."""

_LIBRARY_FLAGS = (
    *("-fPIC", "-shared", "-fvisibility=hidden", "-Wl,-z,defs"),
    # So that the file runs where an older libstdc++ lies. What is in it of that and not used goes, since it may ask for
    # a newer glibc (old_glibc.h). libgcc_s stays a library of its own: its older versions have all that is asked for.
    *("-static-libstdc++", "-ffunction-sections", "-Wl,--gc-sections", "-Wl,--exclude-libs,ALL"),
)


def digest(folder: Path = SOURCES) -> str:
    """16 hexadecimal digits of the sources: a library knows those it was made of."""
    sha = hashlib.sha256(" ".join([*FLAGS, *_LIBRARY_FLAGS]).encode())
    for path in sorted([*folder.glob("*.h"), *folder.glob("*.cpp")]):
        sha.update(f"{path.name}\n".encode() + path.read_bytes())
    return sha.hexdigest()[:16]


def is_for_this_processor() -> bool:
    """Whether this is a Linux on x86-64, which the sources are written for."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def compile_library(folder: Path = FOLDER) -> Path | None:
    """Make the library; None, with the reason on standard error, where that cannot be."""
    library = folder / LIBRARY
    if not is_for_this_processor():
        return _without(f"{sys.platform} on {platform.machine()}")
    compiler = shlex.split(os.environ.get("CXX", "")) or _first_of("g++", "clang++", "c++")
    if not compiler:
        return _without("there is no C++ compiler (g++ or clang++)")
    made = folder / f".{LIBRARY}.{os.getpid()}"
    defined = f"-DDUIZHAO_DIGEST={digest(folder / SOURCES.name)}"
    command = [
        *compiler,
        *FLAGS,
        *_LIBRARY_FLAGS,
        defined,
        str(folder / SOURCES.name / "interface.cpp"),
        "-o",
        str(made),
    ]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            return _without(f"{shlex.join(command)} failed:\n{run.stderr}")
        made.replace(library)
    except OSError as error:
        return _without(str(error))
    finally:
        with suppress(OSError):  # of a folder that cannot be written; missing_ok is not enough there
            made.unlink()
    return library


def platform_tag(library: Path) -> str:
    """Where the library runs, as the name of a wheel says it: on a Linux whose glibc has all that it asks for.

    Nothing older than 2.28 is claimed, since torch asks for that. See PEP 600.
    """
    asked = [int(minor) for minor in re.findall(rb"GLIBC_2\.(\d+)", library.read_bytes())]
    # Where another C library is, the wheel is for machines like this one.
    return f"manylinux_2_{max(28, *asked)}_x86_64" if asked else "linux_x86_64"


def _first_of(*names: str) -> list[str]:
    return next(([path] for name in names if (path := shutil.which(name))), [])


def _without(problem: str) -> Path | None:
    print(f"duizhao is installed without its native engine: {problem}", file=sys.stderr)
    return None


if __name__ == "__main__":
    sys.exit(compile_library() is None)
