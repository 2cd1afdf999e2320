"""Completion scripts for shells, each a function from the tree of commands to a text."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from corpus.cli.tree import Command, Option, each

__all__ = ["bash", "fish", "zsh"]


# -- bash ----------------------------------------------------------------------------------------------------------

_BASH = """\
# bash completion for duizhao, printed by `duizhao completion bash`
_duizhao() {{
    local cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD - 1]}}" command="" words="" word
    [[ $prev == "=" ]] && prev="${{COMP_WORDS[COMP_CWORD - 2]}}"
    [[ $cur == "=" ]] && {{ prev="${{COMP_WORDS[COMP_CWORD - 1]}}"; cur=""; }}
    COMPREPLY=()
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD - 1}}"; do
        case "$command $word" in
            {paths}) command="${{command:+$command }}$word" ;;
        esac
    done
    case "$command $prev" in
{values}
    esac
    case "$command" in
{words}
    esac
    [[ $cur == -* ]] || words=" ${{words#* | }}"
    COMPREPLY=($(compgen -W "${{words/ | / }}" -- "$cur"))
}}
complete -o bashdefault -o default -F _duizhao duizhao
"""


def bash(program: Command) -> str:
    """The script for bash."""
    paths = "|".join(f'"{" ".join(c.path[:-1])} {c.path[-1]}"' for c in each(program) if c.path)
    values = [line for command in each(program) for line in _bash_values(command)]
    words = "\n".join(map(_bash_words, each(program)))
    return _BASH.format(paths=paths, values="\n".join(values), words=words)


_BASH_NO_FILES = "compopt +o default +o bashdefault"


def _bash_words(command: Command) -> str:
    """Options before the bar, what may be an argument behind it."""
    flags = " ".join(flag for option in command.options for flag in option.flags)
    words = " ".join([*(child.path[-1] for child in command.commands), *command.values])
    no_files = "" if command.takes_files else f"{_BASH_NO_FILES}; "
    return f'        "{" ".join(command.path)}") {no_files}words="{flags} | {words}" ;;'


def _bash_values(command: Command) -> Iterator[str]:
    """What follows each option: its words, files where there are none, nothing where it is a number."""
    for option in command.options:
        if option.takes_value:
            patterns = "|".join(f'"{" ".join(command.path)} {flag}"' for flag in option.flags)
            words = f'COMPREPLY=($(compgen -W "{" ".join(option.values)}" -- "$cur")); ' if option.values else ""
            no_files = "" if option.takes_files else f"{_BASH_NO_FILES}; "
            yield f"        {patterns}) {words}{no_files}return ;;"


# -- zsh -----------------------------------------------------------------------------------------------------------

_ZSH = """\
#compdef duizhao
# zsh completion for duizhao, printed by `duizhao completion zsh`
{functions}
if [[ $funcstack[1] == _duizhao ]]; then _duizhao "$@"; else compdef _duizhao duizhao; fi
"""


def zsh(program: Command) -> str:
    """The script for zsh."""
    return _ZSH.format(functions="\n".join(map(_zsh_function, each(program))))


def _zsh_name(command: Command) -> str:
    return "_".join(["_duizhao", *command.path])


def _zsh_function(command: Command) -> str:
    specs = [spec for option in command.options for spec in _zsh_option(option)]
    if not command.commands:
        specs.append(shlex.quote(f"*:argument:{_zsh_values(command.values, takes_files=command.takes_files)}"))
        return f"{_zsh_name(command)}() {{\n  _arguments -s {' '.join(specs)}\n}}"
    listed = " ".join(shlex.quote(f"{c.path[-1]}:{c.summary}") for c in command.commands)
    cases = "\n".join(f"        {c.path[-1]}) {_zsh_name(c)} ;;" for c in command.commands)
    return (
        f"{_zsh_name(command)}() {{\n"
        f"  local curcontext=$curcontext state line\n  local -a commands=({listed})\n"
        f"  _arguments -C {' '.join(specs)} '1:command:->command' '*::argument:->argument'\n"
        f"  case $state in\n    command) _describe command commands ;;\n"
        f"    argument)\n      case $line[1] in\n{cases}\n      esac ;;\n  esac\n}}"
    )


def _zsh_option(option: Option) -> Iterator[str]:
    summary = re.sub(r"([\[\]\\:])", r"\\\1", option.summary)
    for flag in option.flags:
        name = f"{flag}=" if option.takes_value and flag.startswith("--") else flag
        value = f":value:{_zsh_values(option.values, takes_files=option.takes_files)}" if option.takes_value else ""
        yield shlex.quote(f"*{name}[{summary}]{value}")


def _zsh_values(values: tuple[str, ...], *, takes_files: bool) -> str:
    words = f"({' '.join(values)})" if values else ""
    if not takes_files:
        return words or " "
    return f'{{_alternative "words\\:word\\:{words}" "files\\:file\\:_files"}}' if words else "_files"


# -- fish ----------------------------------------------------------------------------------------------------------


def fish(program: Command) -> str:
    """The script for fish."""
    lines = ["# fish completion for duizhao, printed by `duizhao completion fish`"]
    lines += [line for command in each(program) for line in _fish_command(command)]
    return "\n".join(lines) + "\n"


def _fish_command(command: Command) -> Iterator[str]:
    where = f"complete -c duizhao -n {shlex.quote(_fish_condition(command))}"
    for child in command.commands:
        yield f"{where} -f -a {child.path[-1]} -d {_fish_quoted(child.summary)}"
    if command.values:
        yield f"{where} -f -a {_fish_quoted(' '.join(command.values))}"
    for option in command.options:
        flags = " ".join(f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.flags)
        follows = " -r" if option.takes_files else " -x" if option.takes_value else ""
        words = f" -a {_fish_quoted(' '.join(option.values))}" if option.values else ""
        yield f"{where} {flags}{follows}{words} -d {_fish_quoted(option.summary)}"


def _fish_condition(command: Command) -> str:
    seen = [f"__fish_seen_subcommand_from {name}" for name in command.path]
    if command.commands:
        names = " ".join(child.path[-1] for child in command.commands)
        seen.append(f"not __fish_seen_subcommand_from {names}")
    return "; and ".join(seen)


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
