"""Files that appear whole or not at all, and touch nothing else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from translate.errors import OutputError
from translate.files.atomic import TEMPORARY_SUFFIX, AtomicFile, check_writable, open_sink, whole_or_nothing


def write(path: Path, data: bytes = b"new") -> None:
    with whole_or_nothing(open_sink(path)) as sink:
        sink.write(data)


def test_a_file_of_the_user_with_tmp_behind_its_name_stays(tmp_path: Path) -> None:
    (tmp_path / "x.tsv.tmp").write_bytes(b"mine")
    write(tmp_path / "x.tsv")
    assert (tmp_path / "x.tsv.tmp").read_bytes() == b"mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.tsv", "x.tsv.tmp"]


def test_nothing_is_written_through_a_link_in_the_temporary_files_place(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"mine")
    link = tmp_path / f".x.tsv{TEMPORARY_SUFFIX}"
    link.symlink_to("precious")
    with pytest.raises(OutputError, match=r"x.tsv: .*duizhao-tmp is in the way, .*remove it"):
        write(tmp_path / "x.tsv")
    assert (tmp_path / "precious").read_bytes() == b"mine"
    link.unlink()
    os.mkfifo(link)
    with pytest.raises(OutputError, match="in the way"):
        write(tmp_path / "x.tsv")


def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path) -> None:
    left = tmp_path / f".x.tsv{TEMPORARY_SUFFIX}"
    left.write_bytes(b"half of an old and longer output")
    other = tmp_path / "hard link"
    other.hardlink_to(left)
    write(tmp_path / "x.tsv")
    assert (tmp_path / "x.tsv").read_bytes() == b"new"
    assert other.read_bytes() == b"half of an old and longer output"
    assert not left.exists()


def test_two_runs_with_one_output_are_told_apart(tmp_path: Path) -> None:
    first = AtomicFile(tmp_path / "x.tsv")
    with pytest.raises(OutputError, match="another run is writing it"):
        AtomicFile(tmp_path / "x.tsv")
    first.write(b"first")
    first.finish()
    first.publish()
    write(tmp_path / "x.tsv", b"second")
    assert (tmp_path / "x.tsv").read_bytes() == b"second"


@pytest.mark.parametrize("mode", [0o600, 0o664, 0o640])
def test_the_mode_of_the_output_is_kept(tmp_path: Path, mode: int) -> None:
    out = tmp_path / "x.tsv"
    out.write_bytes(b"old")
    out.chmod(mode)
    half = AtomicFile(out)
    half.write(b"secret")
    (temporary,) = tmp_path.glob(f".*{TEMPORARY_SUFFIX}")
    assert stat.S_IMODE(temporary.stat().st_mode) == mode
    half.discard()
    write(out)
    assert (out.read_bytes(), stat.S_IMODE(out.stat().st_mode)) == (b"new", mode)


def test_a_new_output_has_the_mode_that_the_umask_gives(tmp_path: Path) -> None:
    write(tmp_path / "x.tsv")
    (tmp_path / "other").touch()
    assert (tmp_path / "x.tsv").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("name", ["x" * 255, "文" * 85, "x" * 240])
@pytest.mark.parametrize("alone", [True, False])
def test_the_longest_names_can_be_written(tmp_path: Path, name: str, *, alone: bool) -> None:
    with whole_or_nothing(AtomicFile(tmp_path / name, alone=alone)) as sink:
        sink.write(b"new")
    assert (tmp_path / name).read_bytes() == b"new"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("name", ["x" * 256, "文" * 86, "文" * 5000])
def test_a_name_that_is_too_long_is_noticed_before_the_work(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"too long|at most 255"):
        check_writable(tmp_path / name)
