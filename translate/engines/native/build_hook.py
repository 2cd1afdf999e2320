"""Compiles the native engine when a wheel is built; where that cannot be, the wheel goes without it."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NativeHook(BuildHookInterface[Any]):
    """A custom build hook of hatchling (https://hatch.pypa.io/latest/plugins/build-hook/custom/)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the library, name it to the wheel, and let the wheel's name say what it runs on."""
        del version
        if self.target_name != "wheel":
            return
        folder = Path(self.root) / "translate" / "engines" / "native"
        # Not imported: of the package nothing is installed yet.
        compiling = runpy.run_path(str(folder / "compile.py"))
        library = compiling["compile_library"](folder)
        if library is not None:
            build_data["artifacts"].append(str(library.relative_to(self.root)))
            build_data["pure_python"] = False
            # Plain C functions: any Python 3, on this kind of machine.
            build_data["tag"] = f"py3-none-{compiling['platform_tag'](library)}"
