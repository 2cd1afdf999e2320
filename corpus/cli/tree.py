"""The parser's commands and options as a tree of records, for what is generated from it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Command", "Option", "commands_of", "each"]

_FILES = {"FILE", "FOLDER", "INPUT", "NAME|FOLDER", "OUT"}


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command.

    Attributes:
        flags: its spellings.
        summary: its help.
        takes_value: whether a word of its own follows.
        values: words that may follow.
        takes_files: whether the name of a file may follow.
    """

    flags: tuple[str, ...]
    summary: str
    takes_value: bool
    values: tuple[str, ...]
    takes_files: bool


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or the program itself.

    Attributes:
        path: ``()`` for the program, ``("models", "show")`` for an action of a command.
        summary: its line in the help.
        options: in the order of the help.
        commands: its commands or actions.
        values: words that may be its arguments.
        takes_files: whether files may be its arguments.
    """

    path: tuple[str, ...]
    summary: str
    options: tuple[Option, ...]
    commands: tuple[Command, ...]
    values: tuple[str, ...]
    takes_files: bool


def commands_of(parser: argparse.ArgumentParser) -> Command:
    """A parser, and those of its commands, as a shell needs to know them."""
    return _command(parser, (), "", _known_values())


def _known_values() -> Mapping[str, Sequence[str]]:
    """What an option or an argument may be, where the parser leaves it to others to check that."""
    from corpus.writers.formats import FORMATS
    from translate.engines.choose import DEVICES, ENGINES
    from translate.files.encodings import ENCODINGS
    from translate.marian.catalogue import known

    return {
        "device": DEVICES,
        "encoding": ENCODINGS,
        "engine": ("auto", *ENGINES),
        "format": tuple(FORMATS),
        "model": ("auto", *known()),
        "name": tuple(known()),
        "no_repair": ("entities", "invisibles", "mojibake", "spacing", "width"),
    }


def _command(
    parser: argparse.ArgumentParser, path: tuple[str, ...], summary: str, known: Mapping[str, Sequence[str]]
) -> Command:
    options: list[Option] = []
    children: list[Command] = []
    values: list[str] = []
    takes_files = False
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            children += [
                _command(child, (*path, name), _summary(child), known) for name, child in action.choices.items()
            ]
        elif action.option_strings:
            options.append(_option(action, known))
        else:
            values += action.choices or known.get(action.dest, ())
            takes_files = takes_files or action.metavar in _FILES
    return Command(path, summary, tuple(options), tuple(children), tuple(values), takes_files)


def _option(action: argparse.Action, known: Mapping[str, Sequence[str]]) -> Option:
    takes_value = action.nargs != 0
    values = tuple(action.choices or known.get(action.dest, ())) if takes_value else ()
    name = str(action.metavar or action.dest.upper())
    summary = (action.help or "").replace("\n", " ")
    return Option(tuple(action.option_strings), summary, takes_value, values, takes_value and name in _FILES)


def _summary(parser: argparse.ArgumentParser) -> str:
    return str(parser.description).split(". ")[0].rstrip(".")


def each(command: Command) -> Iterator[Command]:
    """A command and all below it."""
    yield command
    for child in command.commands:
        yield from each(child)
