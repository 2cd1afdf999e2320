"""``duizhao models``: list, show, pull or verify the models we know."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from translate.cli.options import Commands, add_common_options

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add ``models`` and its actions to a parser's commands."""
    parser = commands.add_parser("models", description="List, show, pull or verify models.")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="a line for each known model", description="a line for each known model")
    add_common_options(listing)
    listing.set_defaults(run=_list)
    runs: list[tuple[str, str, Callable[[argparse.Namespace], int]]] = [
        ("show", "everything known of a model", _show),
        ("pull", "download a model and verify it", _pull),
        ("verify", "check every file of a model", _verify),
    ]
    for name, text, run in runs:
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("name", metavar="NAME", help="a name from `duizhao models list`")
        add_common_options(action)
        action.set_defaults(run=run)


def _list(_args: argparse.Namespace) -> int:
    from translate.marian.catalogue import known
    from translate.marian.find import is_cached

    for spec in known().values():
        state = "here" if spec.repo is None or is_cached(spec) else "not downloaded"
        size = f"{spec.n_bytes / 1e6:.0f} MB"
        print(f"{spec.name}\t{spec.languages.source}→{spec.languages.target}\t{size}\t{spec.licence}\t{state}")
    return 0


def _show(args: argparse.Namespace) -> int:
    from translate.marian.catalogue import get_spec
    from translate.marian.find import is_cached

    spec = get_spec(args.name)
    rows: Sequence[tuple[str, object]] = [
        ("name", spec.name),
        ("repo", spec.repo or "inside the package"),
        ("revision", spec.revision),
        ("licence", spec.licence),
        ("languages", f"{spec.languages.source} → {spec.languages.target}"),
        ("token limit", spec.max_tokens),
        ("beam size", spec.beam),
        ("here", "yes" if spec.repo is None or is_cached(spec) else "no"),
        ("notes", spec.notes),
    ]
    for key, value in rows:
        print(f"{key:<12} {value}")
    for name, pin in spec.files.items():
        print(f"{'file':<12} {name}  {pin.n_bytes} bytes  sha256 {pin.sha256}")
    return 0


def _pull(args: argparse.Namespace) -> int:
    from translate.cli.progress import download_progress
    from translate.marian.find import pull

    with download_progress(quiet=getattr(args, "quiet", False)) as progress:
        model = pull(args.name, progress=progress)
    print(model.path)
    return 0


def _verify(args: argparse.Namespace) -> int:
    from translate.marian.find import verify

    model = verify(args.name)
    print(f"{model.spec.name}: all {len(model.spec.files)} files are the pinned ones ({model.path})")
    return 0
