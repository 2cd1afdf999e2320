"""Rules: which pairs are refused. A rule is a signal and two bounds, or a flag.

A file of rules is YAML, a line a rule, in the order in which they are asked::

    empty:   {signal: empty_sides, max: 0}
    length:  {signal: length_ratio, min: 0.2, max: 2}
    numbers: {flag: number_mismatch}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from math import inf, isfinite
from pathlib import Path
from typing import Any

from corpus.pair import Pair
from translate.errors import InputError, UnknownNameError, UsageError
from translate.text.flags import base

__all__ = ["PRESETS", "SCORE", "Rule", "changed", "load_rules", "parse_rules", "preset_text"]

PRESETS = ("strict", "standard", "none")
"""The files of rules that there are, by name."""

SCORE = "score"
"""The name by which a rule asks for `Pair.score`, which the decoder gave and no function of two texts can."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Refuses the pairs whose signal is out of bounds, or that carry a flag.

    Attributes:
        name: of the rule, the reason that a refused pair gets.
        signal: what is compared with the bounds; empty for a rule of a flag.
        low: the least that passes.
        high: the most that passes.
        flag: refused where a pair has it, as ``contaminated`` or ``contaminated:flores``; empty for a rule of a signal.
    """

    name: str
    signal: str = ""
    low: float = -inf
    high: float = inf
    flag: str = ""

    def refuses(self, pair: Pair) -> bool:
        """Whether the pair goes. A signal that the pair does not have says nothing against it."""
        if self.flag:
            return self.flag in pair.flags or any(base(flag) == self.flag for flag in pair.flags)
        value = self.value(pair)
        return value is not None and not self.low <= value <= self.high

    def value(self, pair: Pair) -> float | None:
        """What a pair is judged by; None for a flag, and where there is none."""
        if self.flag:
            return None
        return pair.score if self.signal == SCORE else pair.signals.get(self.signal)

    def __str__(self) -> str:
        """As a person writes it: ``length_ratio 0.2..2``, ``flag loop``."""
        if self.flag:
            return f"flag {self.flag}"
        low, high = (f"{bound:g}" if isfinite(bound) else "" for bound in (self.low, self.high))
        return f"{self.signal} {low}..{high}"


def preset_text(name: str) -> str:
    """The file of a preset, to be copied and changed.

    Raises:
        UnknownNameError: there is none of that name.
    """
    if name not in PRESETS:
        raise UnknownNameError("preset", name, PRESETS)
    return files("corpus.curation").joinpath("presets", f"{name}.yaml").read_text(encoding="utf-8")


def load_rules(path: str | Path) -> tuple[Rule, ...]:
    """Read a file of rules.

    Raises:
        InputError: it cannot be read, holds no rule, or something else.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    rules = parse_rules(text, str(path))
    if not rules:
        raise InputError(f"{path}: no rule in it; without rules (--preset none) every pair passes")
    return rules


def parse_rules(text: str, name: str) -> tuple[Rule, ...]:
    """Read rules from YAML.

    Args:
        text: the content of a file of rules.
        name: of the file, for messages.

    Raises:
        InputError: it is no YAML, or some rule is none.
    """
    import yaml

    try:
        found: Any = yaml.load(text, Loader=_strict_loader())
    except yaml.YAMLError as error:
        raise InputError(f"{name}: no YAML: {' '.join(str(error).split())}") from error
    if found is None:
        return ()
    if not isinstance(found, dict):
        raise InputError(f"{name}: expected a line a rule, as NAME: {{signal: length_ratio, min: 0.2, max: 2}}")
    return tuple(_rule(str(key), value, name) for key, value in found.items())


def _strict_loader() -> type[Any]:
    """A safe loader that refuses a rule which is given twice, where YAML would keep the last one in silence."""
    import yaml

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            for key in keys:
                if keys.count(key) > 1:
                    raise yaml.YAMLError(f"{key!r} is given twice")
            return super().construct_mapping(node, deep=deep)

    return Loader


def _rule(name: str, value: object, file: str) -> Rule:
    if not isinstance(value, dict):
        raise InputError(
            f"{file}: rule {name!r} is {value!r}; expected {{signal: NAME, min: …, max: …}} or {{flag: NAME}}"
        )
    keys = set(value)
    if keys == {"flag"} and isinstance(value["flag"], str):
        return Rule(name, flag=value["flag"])
    if "signal" not in keys or not keys & {"min", "max"} or keys - {"signal", "min", "max"}:
        seen = ", ".join(map(str, value)) or "nothing"
        raise InputError(f"{file}: rule {name!r} has {seen}; expected signal with min, max or both, or flag alone")
    low, high = value.get("min", -inf), value.get("max", inf)
    if not isinstance(value["signal"], str) or any(type(bound) not in (int, float) for bound in (low, high)):
        raise InputError(f"{file}: rule {name!r}: expected the name of a signal, and numbers as bounds")
    return _checked(Rule(name, value["signal"], float(low), float(high)), f"{file}: rule {name!r}")


def _checked(rule: Rule, where: str) -> Rule:
    if not rule.low <= rule.high:
        raise InputError(f"{where}: nothing passes from {rule.low:g} to {rule.high:g}; expected min below max")
    return rule


def changed(
    rules: Sequence[Rule], settings: Iterable[str], *, signals: Iterable[str], flags: Iterable[str]
) -> tuple[Rule, ...]:
    """Rules with what ``--set`` says of them.

    Args:
        rules: of a preset or a file.
        settings: each ``NAME=MIN..MAX`` (either may be left out), ``NAME=on`` or ``NAME=off``. NAME is a rule, or a
            signal or a flag that becomes a rule of its own, the last.
        signals: the names of the signals there are.
        flags: the names of the flags there are.

    Raises:
        UnknownNameError: there is nothing of that name.
        UsageError: a setting is none of these.
    """
    found: dict[str, Rule] = {rule.name: rule for rule in rules}
    signals, flags = list(signals), list(flags)
    for setting in settings:
        name, sign, value = setting.partition("=")
        if not sign:
            raise UsageError(f"--set {setting}: expected NAME=MIN..MAX, NAME=on or NAME=off")
        rule = found.get(name) or _new(name, found, signals, flags)
        if value == "off":
            found.pop(name, None)
        elif rule.flag and value == "on":
            found[name] = rule
        elif rule.flag:
            raise UsageError(f"--set {setting}: {name} is a flag, which is on or off")
        else:
            low, high = _bounds(setting, value)
            found[name] = replace(rule, low=low, high=high)
    return tuple(found.values())


def _new(name: str, rules: Mapping[str, Rule], signals: Sequence[str], flags: Sequence[str]) -> Rule:
    if name in signals:
        return Rule(name, signal=name)
    if name in flags:
        return Rule(name, flag=name)
    raise UnknownNameError("rule, signal or flag", name, {*rules, *signals, *flags})


def _bounds(setting: str, value: str) -> tuple[float, float]:
    low, dots, high = value.partition("..")
    try:
        bounds = (float(low) if low else -inf, float(high) if high else inf)
    except ValueError:
        bounds = (inf, -inf)
    if not dots or bounds == (-inf, inf) or not bounds[0] <= bounds[1]:
        raise UsageError(f"--set {setting}: expected bounds such as 0.5.., ..3 or 0.2..2, or off")
    return bounds
