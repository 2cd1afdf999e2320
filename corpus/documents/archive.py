"""Files that are a zip of other files: docx, epub."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from corpus.documents.encoded import LARGEST
from translate.errors import InputError

__all__ = ["Archive", "read_archive"]

_LARGEST_WHOLE = 8 * LARGEST
"""Most bytes of all members together, unpacked: pictures count too."""
_MOST_MEMBERS = 20_000
_OUTSIDE = re.compile(r"\A[/\\]|\A[A-Za-z]:|(?:\A|[/\\])\.\.(?:[/\\]|\Z)")
"""Names that lead out of the folder in which a zip is unpacked."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The members of a zip.

    Attributes:
        infos: of each, in order.
        members: their bytes, by name.
        name: what to call it in messages.
    """

    infos: tuple[zipfile.ZipInfo, ...]
    members: Mapping[str, bytes]
    name: str

    def member(self, path: str) -> bytes:
        """The bytes of a member that must be there.

        Raises:
            InputError: it is not, or is too large to be one of text.
        """
        if path not in self.members:
            raise InputError(f"{self.name}: has no member {path}; it is damaged, or of another kind than its name says")
        if len(self.members[path]) > LARGEST:
            raise InputError(f"{self.name}: its member {path} has more than {LARGEST:,} bytes")
        return self.members[path]

    def written(self, changed: Mapping[str, bytes]) -> bytes:
        """The zip with some members changed; order, names, dates and ways of packing stay."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as file:
            for info in self.infos:
                data = changed.get(info.filename, self.members[info.filename])
                file.writestr(_same(info), data, compress_type=info.compress_type)
        return out.getvalue()


def _same(info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    own = zipfile.ZipInfo(info.filename, info.date_time)
    own.compress_type, own.comment, own.create_system = info.compress_type, info.comment, info.create_system
    own.external_attr, own.internal_attr = info.external_attr, info.internal_attr
    return own


def read_archive(data: bytes, name: str) -> Archive:
    """Read a zip as a whole.

    Raises:
        InputError: it is none, is damaged or encrypted, or holds more than any book does.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            infos = tuple(file.infolist())
            _check(infos, name)
            members = {info.filename: _unpacked(file, info, name) for info in infos}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise InputError(f"{name}: no zip, or a damaged one: {error}") from error
    return Archive(infos, members, name)


def _check(infos: tuple[zipfile.ZipInfo, ...], name: str) -> None:
    total = sum(info.file_size for info in infos)
    if total > _LARGEST_WHOLE or len(infos) > _MOST_MEMBERS:
        raise InputError(
            f"{name}: unpacks to {total:,} bytes in {len(infos):,} members, expected at most "
            f"{_LARGEST_WHOLE:,} in {_MOST_MEMBERS:,}: a zip bomb, or too large a document"
        )
    if len({info.filename for info in infos}) < len(infos):
        raise InputError(f"{name}: two members of one name; pack it again")
    outside = next((i.filename for i in infos if _OUTSIDE.search(i.filename)), None)
    if outside is not None:
        raise InputError(f"{name}: its member {outside[:80]!r} would be unpacked outside of it; made to do harm")
    if any(info.flag_bits & 1 for info in infos):
        raise InputError(f"{name}: encrypted; save it without a password")


def _unpacked(file: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    with file.open(info) as member:
        data = member.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise InputError(f"{name}: its member {info.filename} is not as large as it says; a zip bomb, or damaged")
    return data
