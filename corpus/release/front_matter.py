"""The YAML at the head of a dataset card: what the hub shows, sorts and loads by."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import yaml

from corpus.release.contents import Contents
from corpus.release.licences import hub_licences

__all__ = ["front_matter", "size_category"]

_CREATORS = {"machine": ["found", "machine-generated"], "human": ["found"], "unknown": ["other"]}
"""Who made the texts: the sources were there, and the targets are a machine's, were there too, or nobody says."""

_SIZES = ((10**3, "1K"), (10**4, "10K"), (10**5, "100K"), (10**6, "1M"), (10**7, "10M"), (10**8, "100M"), (10**9, "1B"))


def front_matter(contents: Contents) -> str:
    """The block with its two lines of dashes.

    The keys are those of https://github.com/huggingface/hub-docs/blob/main/datasetcard.md; ``language`` takes no
    scripts there, so they stand in ``language_details``.
    """
    survey = contents.survey
    tags = ["parallel-corpus", "sentence-aligned"]
    if contents.origin == "machine":
        tags.append("machine-translated")
    fields = {
        "pretty_name": contents.name,
        "language": list(contents.splits[0].meta.languages),
        "language_details": list(contents.language_tags),
        **hub_licences(survey.licenses),
        "multilinguality": ["translation"],
        "language_creators": _CREATORS[contents.origin],
        "annotations_creators": ["machine-generated" if survey.flags or survey.signals else "no-annotation"],
        "task_categories": ["translation"],
        "size_categories": [size_category(survey.n_pairs)],
        "source_datasets": ["extended|other" if contents.origin == "unknown" else "original"],
        "tags": tags,
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": s.name, "path": f"data/{s.name}-*"} for s in contents.splits],
            }
        ],
        "dataset_info": _info(contents),
    }
    text = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=1000)
    return f"---\n{text}---\n"


def _info(contents: Contents) -> dict[str, Any]:
    """What `datasets` checks a download against."""
    splits = [
        {
            "name": split.name,
            "num_bytes": sum(shard.n_bytes_arrow for shard in split.shards),
            "num_examples": split.survey.n_pairs,
        }
        for split in contents.splits
    ]
    return {
        "features": [_feature(name, kind) for name, kind in contents.types.items()],
        "splits": splits,
        "download_size": sum(shard.n_bytes for split in contents.splits for shard in split.shards),
        "dataset_size": sum(shard.n_bytes_arrow for split in contents.splits for shard in split.shards),
    }


def _feature(name: str, kind: str) -> Mapping[str, str]:
    if kind.startswith("list"):
        return {"name": name, "list": "string"}
    return {"name": name, "dtype": "float64" if kind == "double" else kind}


def size_category(n_pairs: int) -> str:
    """The hub's name for how many there are."""
    for (low, name), (high, next_name) in pairwise(_SIZES):
        if low <= n_pairs < high:
            return f"{name}<n<{next_name}"
    return "n<1K" if n_pairs < _SIZES[0][0] else "1B<n<10B"
