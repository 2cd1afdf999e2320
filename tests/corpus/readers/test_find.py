"""Links to folders: followed once, told where they lead back, and never in the way of a file's own name."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from corpus.readers.base import Skipped
from corpus.readers.find import find_inputs
from translate.errors import InputError


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("字", encoding="utf-8")
    return path


def found(folder: Path, told: list[Skipped] | None = None) -> list[str]:
    return [file.doc_id for file in find_inputs([str(folder)], None if told is None else told.append)]


def test_a_socket_that_is_named_is_called_what_it_is(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "s.txt"))
        with pytest.raises(InputError, match=r"s\.txt: a socket, expected a file or a pipe"):
            find_inputs([str(tmp_path / "s.txt")])


def test_a_folder_that_is_reached_twice_is_read_once(tmp_path: Path) -> None:
    put(tmp_path / "in" / "b" / "x.txt")
    (tmp_path / "in" / "a").symlink_to(tmp_path / "in" / "b")
    (tmp_path / "in" / "b" / "self").symlink_to(tmp_path / "in" / "b")
    (tmp_path / "in" / "b" / "top").symlink_to(tmp_path / "in")
    told: list[Skipped] = []
    assert found(tmp_path / "in", told) == ["b/x.txt"]
    assert told == []


def test_links_to_one_folder_outside_are_followed_once(tmp_path: Path) -> None:
    put(tmp_path / "out" / "deep" / "x.txt")
    put(tmp_path / "in" / "y.txt")
    (tmp_path / "in" / "one").symlink_to(tmp_path / "out")
    (tmp_path / "in" / "two").symlink_to(tmp_path / "out" / "deep")
    (tmp_path / "out" / "back").symlink_to(tmp_path / "in")
    assert found(tmp_path / "in") == ["one/deep/x.txt", "y.txt"]


def test_a_link_to_where_the_folder_lies_is_told(tmp_path: Path) -> None:
    put(tmp_path / "secret.txt")
    put(tmp_path / "in" / "x.txt")
    (tmp_path / "in" / "up").symlink_to("..")
    told: list[Skipped] = []
    assert found(tmp_path / "in", told) == ["x.txt"]
    assert [str(skipped) for skipped in told] == [f"{tmp_path}/in/up: a link to a folder that the given one lies in"]


def test_hidden_links_and_links_to_nowhere_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path / "out" / "x.txt")
    put(tmp_path / "in" / "y.txt")
    (tmp_path / "in" / ".hidden").symlink_to(tmp_path / "out")
    (tmp_path / "in" / "nowhere").symlink_to(tmp_path / "gone")
    assert found(tmp_path / "in") == ["y.txt"]


@pytest.mark.parametrize("order", [sorted, lambda names: sorted(names, reverse=True)])
def test_the_order_of_the_disk_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order) -> None:
    for name in ("a", "b", "c"):
        put(tmp_path / "out" / name / "x.txt")
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "link").symlink_to(tmp_path / "out")
    walk = os.walk

    def walked(top, **options):
        for here, folders, files in walk(top, **options):
            folders[:] = order(folders)
            yield here, folders, files

    monkeypatch.setattr(os, "walk", walked)
    assert found(tmp_path / "in") == ["a/link/a/x.txt", "a/link/b/x.txt", "a/link/c/x.txt"]
