"""Licences of the sources as the hub names them. What a document does not say is unknown, and stays so."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["hub_licences", "licence_url"]

_HUB = set(
    """
    afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0 c-uda cc cc0-1.0
    cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0
    cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-permissive-1.0
    cdla-permissive-2.0 cdla-sharing-1.0 ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 gfdl gpl gpl-2.0 gpl-3.0
    isc lgpl lgpl-2.1 lgpl-3.0 lppl-1.3c mit mpl-2.0 ms-pl ncsa odbl odc-by ofl-1.1 osl-3.0 pddl postgresql unlicense
    wtfpl zlib
    """.split()  # noqa: SIM905  (as a list it is sixty lines)
)
"""Identifiers of licences that the hub knows (https://hf.co/docs/hub/repositories-licenses)."""

_ALIASES = {"odbl-1.0": "odbl", "odc-by-1.0": "odc-by", "pddl-1.0": "pddl", "gfdl-1.3": "gfdl", "cc0": "cc0-1.0"}


def hub_licences(names: Iterable[str | None]) -> dict[str, object]:
    """The keys of a card that say under which licences its sources are.

    Args:
        names: the licences as the documents give them; None for those that name none.

    Returns:
        ``license``, and ``license_name`` where the hub does not know one of them.
    """
    found: dict[str, None] = {}
    others: list[str] = []
    for name in names:
        known = None if name is None else _on_the_hub(name)
        found["unknown" if name is None else known or "other"] = None
        if name is not None and known is None:
            others.append(name)
    license_: object = next(iter(found)) if len(found) == 1 else list(found)
    return {"license": license_, **({"license_name": ", ".join(others)} if others else {})}


def _on_the_hub(name: str) -> str | None:
    """The hub's identifier of a licence, from that of SPDX or the hub's own."""
    short = name.strip().lower().removesuffix("-only").removesuffix("-or-later")
    short = _ALIASES.get(short, short)
    return short if short in _HUB else None


def licence_url(name: str) -> str:
    """Where the text of a licence is, for an identifier written as SPDX does; else the name itself."""
    return f"https://spdx.org/licenses/{name}.html" if _on_the_hub(name) and name[:1].isupper() else name
