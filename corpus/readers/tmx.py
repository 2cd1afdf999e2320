"""TMX, anyone's: a pair a translation unit, read as a stream.

Inline codes (``<bpt>``, ``<ph>`` …) are left out of the text, and what ``<hi>`` marks stays in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from corpus.pair import Pair
from corpus.readers.base import Rejected
from corpus.readers.bitext import BitextOptions
from corpus.readers.languages import stands_for
from corpus.readers.properties import pair_of_properties
from corpus.readers.rows import pair_of_texts
from corpus.readers.xml import Records
from translate.errors import InputError

__all__ = ["read_tmx"]

_CODES = {"bpt", "ept", "it", "ph", "ut"}
_NEEDED = {"doc", "paragraph", "sentence", "start", "end", "score", "flags"}
"""Properties that every unit of ours has."""


def read_tmx(path: Path, options: BitextOptions) -> Iterator[Pair | Rejected]:
    """A pair a unit, of its first variant in either language; a unit that lacks one is no pair.

    Raises:
        InputError: it is no well-formed XML, declares entities, or cannot be read.
    """
    units = _Units(path)
    for number, unit in enumerate(units):
        yield _pair(path, number, unit, options)
    if units.root != "tmx":
        raise InputError(f"{path}: XML, but no TMX")


@dataclass(slots=True)
class _Variant:
    """A ``<tuv>``."""

    language: str
    text: str = ""
    props: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Unit:
    """A ``<tu>``, and where it begins."""

    line: int
    variants: list[_Variant] = field(default_factory=list)
    props: dict[str, str] = field(default_factory=dict)


class _Units(Records[_Unit]):
    """Gathers units."""

    name = "TMX"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._unit: _Unit | None = None
        self._in_seg = False
        self._n_codes = 0
        self._prop: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "tu":
            self._unit = _Unit(self.line)
            self.begin_record(name)
        elif self._unit is None:
            return
        elif name == "tuv":
            # "lang" stood in TMX 1.1, before XML had it.
            self._unit.variants.append(_Variant(attributes.get("xml:lang", attributes.get("lang", ""))))
        elif name == "seg":
            self._in_seg, self._n_codes = True, 0
            self.clear_text()
        elif name in _CODES:
            self._n_codes += 1
        elif name == "prop" and not self._in_seg:
            self._prop = attributes.get("type", "")
            self.clear_text()

    def wants_text(self) -> bool:
        return (self._in_seg and not self._n_codes) or self._prop is not None

    def end(self, name: str) -> None:
        if self._unit is None:
            return
        variants = self._unit.variants
        if name == "tu":
            self.keep(self._unit)
            self._unit = None
        elif name == "seg":
            self._in_seg = False
            if variants:
                variants[-1].text = self.taken_text()
        elif name in _CODES:
            self._n_codes -= 1
        elif name == "prop" and self._prop is not None:
            holder = variants[-1].props if variants else self._unit.props
            holder[self._prop.removeprefix("x-")] = self.taken_text()
            self._prop = None


def _pair(path: Path, number: int, unit: _Unit, options: BitextOptions) -> Pair | Rejected:
    sides = [_variant(unit, language) for language in options.languages]
    source, target = sides
    if source is None or target is None:
        lacks = options.languages[sides.index(None)]
        seen = ", ".join(variant.language for variant in unit.variants) or "none"
        return Rejected(f"{path}:{unit.line}", f"no <tuv> in {lacks}; its languages: {seen}")
    found = None
    if unit.props.keys() >= _NEEDED:
        props = unit.props | {f"target-{name}": value for name, value in target.props.items()}
        found = pair_of_properties(props, source.text, target.text)
    return found or pair_of_texts(path, number, source.text, target.text)


def _variant(unit: _Unit, language: str) -> _Variant | None:
    """The first variant in a language, exactly so if there is one; ``zh`` stands for ``zh-TW`` and ``ZH_cn`` too."""
    near = [variant for variant in unit.variants if stands_for(language, variant.language)]
    exact = (variant for variant in near if stands_for(variant.language, language))
    return next(exact, None) or next(iter(near), None)
