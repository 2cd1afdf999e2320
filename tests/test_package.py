"""What is published: the source package, wheels made of it with and without a compiler, and what they do installed.

Nothing is fetched: packages are built with the hatchling that is installed, and what they depend on is taken from the
environment that the tests run in.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from translate.engines.native.compile import LIBRARY, is_for_this_processor
from translate.engines.native.processor import has
from translate.marian.catalogue import get_spec

pytest.importorskip("hatchling")

ROOT = Path(__file__).parents[1]
COMPILER = shutil.which("g++") or shutil.which("clang++")
NATIVE = f"translate/engines/native/{LIBRARY}"

pytestmark = pytest.mark.slow

compiled_only = pytest.mark.skipif(
    not is_for_this_processor() or not has("avx2", "fma") or COMPILER is None,
    reason="no Linux on x86-64 with AVX2 and a compiler",
)
KINDS = [pytest.param("compiled", marks=compiled_only), "plain"]


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    """Standard output, of a process that sees neither the checkout nor the hub."""
    told = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=told | env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source package."""
    out = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", out, cwd=ROOT)
    (made,) = out.iterdir()
    return made


@pytest.fixture(scope="module")
def wheels(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One made where there is a compiler, and one where there is none."""
    found = {}
    for kind, env in (("compiled", {}), ("plain", {"CXX": "/nonexistent"})):
        out = tmp_path_factory.mktemp(kind)
        pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", out)
        run(*pip, source, cwd=out, **env)
        (found[kind],) = out.glob("*.whl")
    return found


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as file:
        return set(file.namelist())


def test_the_source_package_holds_the_checkout_and_nothing_compiled(source: Path) -> None:
    with tarfile.open(source) as file:
        held = {name.partition("/")[2] for name in file.getnames()}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode == 0:
        assert set(tracked.stdout.splitlines()) <= held
    assert not [name for name in held if name.endswith((".so", ".pyc"))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_wheel_holds_both_packages_the_model_and_no_recipe(wheels: dict[str, Path], kind: str) -> None:
    held = names(wheels[kind])
    tops = {name.partition("/")[0] for name in held}
    assert {name for name in tops if not name.endswith(".dist-info")} == {"translate", "corpus"}
    assert {f"translate/models/zh-en-mini/{file}" for file in get_spec("zh-en-mini").files} <= held
    assert {"translate/models.yaml", "translate/py.typed", "corpus/py.typed"} <= held
    assert {f"corpus/report/page.{kind}" for kind in ("html", "css", "js")} <= held
    assert (NATIVE in held) == (kind == "compiled")
    assert wheels[kind].stat().st_size < 100e6


def test_without_a_compiler_the_wheel_is_for_any_machine(wheels: dict[str, Path]) -> None:
    assert wheels["plain"].name.endswith("-py3-none-any.whl")


@compiled_only
def test_the_name_of_the_wheel_claims_what_auditwheel_finds(wheels: dict[str, Path], tmp_path: Path) -> None:
    pytest.importorskip("auditwheel")
    said = run(sys.executable, "-m", "auditwheel", "show", wheels["compiled"], cwd=tmp_path)
    (minor,) = re.findall(r'following\s+platform\s+tag:\s+"manylinux_2_(\d+)_x86_64"', said)
    (claimed,) = re.findall(r"-py3-none-manylinux_2_(\d+)_x86_64\.whl$", wheels["compiled"].name)
    assert int(minor) <= int(claimed) == 28


@pytest.fixture(scope="module")
def installed(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders with the programs of fresh environments, one a wheel."""
    found = {}
    for kind, wheel in wheels.items():
        folder = tmp_path_factory.mktemp(f"installed-{kind}")
        venv.create(folder, with_pip=False)
        python = folder / "bin" / "python"
        run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", wheel, cwd=folder)
        site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
        # What it depends on, and not the checkout, whose own path file is read only where it lies.
        (Path(site) / "dependencies.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
        found[kind] = folder / "bin"
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_installed_does_the_main_job(installed: dict[str, Path], tmp_path: Path, kind: str) -> None:
    programs = installed[kind]
    assert run(programs / "duizhao", "--version", cwd=tmp_path).startswith("duizhao ")
    where = run(programs / "python", "-c", "import translate; print(translate.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(programs.parent)
    run(programs / "duizhao", "models", "verify", "zh-en-mini", cwd=tmp_path)
    text = "腾讯公司与海南省政府签署了合作协议。\n"
    (tmp_path / "a.txt").write_text(text, "utf-8")
    run(programs / "duizhao", "build", "a.txt", "-o", "a.jsonl", "--model", "zh-en-mini", "-q", cwd=tmp_path)
    (row,) = map(json.loads, (tmp_path / "a.jsonl").read_text("utf-8").splitlines())
    assert "Tencent" in row["target"]
    assert "Hainan" in row["target"]
    meta = json.loads((tmp_path / "a.jsonl.meta.json").read_text("utf-8"))
    assert ("|engine:native|" in meta["signature"]) == (kind == "compiled")
    absent = "import importlib.util as u, sys; sys.exit(u.find_spec('recipes') is not None)"
    run(programs / "python", "-c", absent, cwd=tmp_path)
