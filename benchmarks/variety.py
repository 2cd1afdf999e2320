"""Which Chinese documents are found to be in, of texts whose variety is known: `translate.text.variety`.

Usage: python -m benchmarks.variety FILE... [--lines 16] [--opencc s2twp]
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from translate.text.variety import find_variety


def main() -> None:
    """Print how many documents of so many lines are in which variety."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a sentence a line")
    parser.add_argument("--lines", type=int, default=16, help="of a document")
    parser.add_argument("--opencc", metavar="NAME", help="a conversion that is made before, such as s2twp or s2hk")
    args = parser.parse_args()
    convert: Callable[[str], str] = str
    if args.opencc:
        from opencc import OpenCC

        convert = OpenCC(args.opencc).convert
    for path in args.files:
        lines = path.read_text(encoding="utf-8").splitlines()
        documents = ["\n".join(lines[at : at + args.lines]) for at in range(0, len(lines), args.lines)]
        found = Counter(find_variety(convert(document)) or "none" for document in documents)
        print(f"{path.name}: {len(documents)} documents:", ", ".join(f"{name} {n}" for name, n in found.most_common()))


if __name__ == "__main__":
    main()
