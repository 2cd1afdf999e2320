"""How well wrong numbers are found: precision and recall of `compare_numbers` on labelled pairs.

    python benchmarks/number_check.py tests/translate/text/number_pairs.tsv

The file has four columns and a heading: label (``right`` or ``wrong``), kind, source, target.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter
from pathlib import Path

from translate.text.numbers import compare_numbers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path, help="a TSV of label, kind, source, target")
    parser.add_argument("--errors", action="store_true", help="print each pair that is judged wrongly")
    arguments = parser.parse_args()
    with arguments.pairs.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    counts: Counter[tuple[bool, bool]] = Counter()
    by_kind: dict[str, Counter[bool]] = {}
    start = time.process_time()
    compared = [compare_numbers(row["source"], row["target"]) for row in rows]
    seconds = time.process_time() - start
    for row, numbers in zip(rows, compared, strict=True):
        is_wrong, is_found = row["label"] == "wrong", not numbers.is_equal
        counts[is_wrong, is_found] += 1
        by_kind.setdefault(row["kind"], Counter())[is_wrong == is_found] += 1
        if arguments.errors and is_wrong != is_found:
            missing, extra = ([number.text for number in side] for side in (numbers.missing, numbers.extra))
            print(f"{row['label']}: {row['source']} | {row['target']}\n    missing {missing}, extra {extra}")
    found, missed, false = counts[True, True], counts[True, False], counts[False, True]
    for kind, judged in by_kind.items():
        print(f"{kind:12} {judged[True]:4} of {judged.total():4} judged rightly")
    size = sum(len((row["source"] + row["target"]).encode()) for row in rows)
    precision, recall = found / max(1, found + false), found / max(1, found + missed)
    print(f"{len(rows)} pairs: precision {precision:.4f}, recall {recall:.4f} ({false} false alarms, {missed} missed)")
    print(f"{size / seconds / 1e6:.2f} MB/s, {1e6 * seconds / len(rows):.0f} µs a pair")


if __name__ == "__main__":
    main()
