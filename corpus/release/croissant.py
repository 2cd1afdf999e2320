"""Croissant: what a dataset is, in JSON-LD, for programs that know nothing else of it.

"Croissant Format Specification" 1.1 (MLCommons): each file with its SHA-256, a set of files a split, and a record set a
split whose fields are the columns. No date is in it: the same pairs give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from corpus.release.contents import Contents, Split
from corpus.release.licences import licence_url

__all__ = ["croissant"]

_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""That of the specification; readers warn of any other."""

_PARQUET = "application/x-parquet"
_KINDS = {"string": "sc:Text", "int64": "sc:Integer", "double": "sc:Float"}


def croissant(contents: Contents, description: str) -> dict[str, Any]:
    """The whole document.

    Args:
        contents: of the folder that it will stand in; paths are relative to it.
        description: in a few sentences.
    """
    known = [name for name in contents.survey.licenses if name is not None]
    licences = [licence_url(name) for name in known]
    if len(known) < len(contents.survey.licenses):
        licences.append("unknown")
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": contents.name,
        "description": description,
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "license": licences,
        "inLanguage": list(contents.language_tags),
        "distribution": [item for split in contents.splits for item in _files(split)],
        "recordSet": [_records(split, contents) for split in contents.splits],
    }


def _files(split: Split) -> Iterator[dict[str, Any]]:
    for shard in split.shards:
        yield {
            "@type": "cr:FileObject",
            "@id": shard.name,
            "name": shard.name.rpartition("/")[2],
            "contentUrl": shard.name,
            "contentSize": f"{shard.n_bytes} B",
            "encodingFormat": _PARQUET,
            "sha256": shard.sha256,
        }
    yield {
        "@type": "cr:FileSet",
        "@id": f"files-of-{split.name}",
        "name": f"files-of-{split.name}",
        "description": f"The files of the split {split.name}, in order.",
        "encodingFormat": _PARQUET,
        "includes": f"data/{split.name}-*.parquet",
    }


def _records(split: Split, contents: Contents) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": split.name,
        "name": split.name,
        "description": f"The {split.survey.n_pairs} sentence pairs of the split {split.name}.",
        "field": [_field(split.name, name, kind) for name, kind in contents.types.items()],
    }


def _field(split: str, name: str, kind: str) -> dict[str, Any]:
    several = {"isArray": True, "arrayShape": "-1"} if kind.startswith("list") else {}
    return {
        "@type": "cr:Field",
        "@id": f"{split}/{name}",
        "name": name,
        "dataType": _KINDS.get(kind, "sc:Text"),
        **several,
        "source": {"fileSet": {"@id": f"files-of-{split}"}, "extract": {"column": name}},
    }
