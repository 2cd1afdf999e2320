"""Which encoding a file is in: known where it can be known, detected where not, and proved in either case.

The order is: what the user forces; a byte order mark; strict UTF-8; a detector, whose choice must decode the whole
file strictly. A file that is UTF-8 but for a few bytes is called damaged, with the position, rather than read as
something else.
"""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from translate.errors import InputError, UndecodableError, UnknownNameError
from translate.files.unpack import unpacked

__all__ = [
    "BYTE_ORDER_MARKS",
    "ENCODINGS",
    "Encoding",
    "Scan",
    "UndecodedError",
    "decode",
    "detect_encoding",
    "forced_encoding",
    "scan",
    "undecodable",
]

ENCODINGS = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "gb18030",
    "gbk",
    "gb2312",
    "big5",
    "cp950",
    "big5hkscs",
)
"""The encodings we name when asked; any other text encoding that Python knows can be forced too."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of a file become text.

    Attributes:
        name: ``utf-8``, ``utf-8-sig`` (with a byte order mark), ``utf-16-le``, ``gb18030``, ``big5`` …
        how: ``forced`` by the user; ``bom`` named by the byte order mark; ``valid`` strict UTF-8 reads it all;
            ``detected`` by the detector, then proved over the whole file.
    """

    name: str
    how: Literal["forced", "bom", "valid", "detected"]


@dataclass(frozen=True, slots=True)
class Scan:
    """What one look over a whole file tells.

    Attributes:
        encoding: reads every byte of it.
        n_bytes: size on disk (compressed, where it is).
        sha256: of the bytes on disk, in hexadecimal.
        blank: whether there is no visible character in it.
    """

    encoding: Encoding
    n_bytes: int
    sha256: str
    blank: bool


class UndecodedError(Exception):
    """Strict decoding stopped; becomes an `UndecodableError` where it is known why this encoding was tried.

    Attributes:
        offset: of the first bad byte, in the (unpacked) bytes.
        bad: the offending bytes.
        cut_off: whether the bytes end in the middle of a character.
        window: bytes about the bad ones, and some of what follows.
        window_offset: of ``window[0]`` in the (unpacked) bytes.
        n_wide: how many bytes the characters before the window took beyond one each.
    """

    def __init__(
        self, bad: bytes, *, cut_off: bool, offset: int, window: bytes, window_offset: int, n_wide: int
    ) -> None:
        super().__init__(offset)
        self.bad = bad
        self.cut_off = cut_off
        self.offset = offset
        self.window = window
        self.window_offset = window_offset
        self.n_wide = n_wide

    def where(self) -> str:
        """Say which bytes, and where."""
        shown = " ".join(f"0x{byte:02x}" for byte in self.bad[:4])
        if self.cut_off:
            return f"it ends in the middle of a character ({shown} at byte {self.offset})"
        return f"byte {self.offset} ({shown})"


BYTE_ORDER_MARKS = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
"""What a file may begin with, and the encoding that it then is in."""

# Text encodings of Python that read no files: their incremental decoders lose state, or they spell code points out.
_UNFIT = {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}

# Each family, from the plain to the widest: the first that reads the whole file is taken.
_FAMILIES = {
    "gb18030": ("gb18030",),
    "big5": ("big5", "cp950", "big5hkscs"),
    "utf-16-le": ("utf-16-le",),
    "utf-16-be": ("utf-16-be",),
}

# What else the detector may recognise, so that it need not call everything Chinese.
_WITNESSES = ("shift_jis", "euc_jp", "euc_kr", "cp1250", "cp1251", "cp1252")

# The characters that make up some 60 % of any Chinese text, simplified and traditional, with its punctuation.
# Bytes read in a wrong encoding hit them about once in fifty.
_COMMON = frozenset(
    "的一是不了在人有我他这中大来上个国和也子时道说出得年地就那要下以生会自着去之过家学对可里后小么心多天而能好都然"
    "没日于起还发成事只作当想看文无开手用主行方又如前所本见经头面公同三已老从动两长知样现分将外但身些与高意进把法此"
    "实回二理美点月明其种声全工己话者向情部正名定问力机给等几很业最间新什打便位因重被走电第门相次东政海口使教西再平"
    "真听世气信北少关并内加化由却代军产入先山五太水万市员什任四管期区利题入期场交今合位保制务包告周品基士处展布常应"
    "度建德性感或报拉持据接提数斯更期果每比流活物特球界病目示程系联至英表认计议该车通量金队需非"
    "這個們來國時說為會過後對開無經與現將實點從進還發當動長樣間關問題給機電業東門見頭學萬麼幾總給數報區務產員場應"
    "處體軍運選議認設該規變資達連選隊馬書話語種觀歷導師節線統義觀嗎單戰傳聯"
    "，。、：；！？（）《》「」『』“”‘’…—·　"
)
_ENOUGH = 0.2


def _look_up(name: str) -> codecs.CodecInfo:
    try:
        info = codecs.lookup(name)
        with contextlib.suppress(UnicodeError):
            b"?".decode(name)  # a LookupError where it is no text encoding (base64, rot13, zlib …)
    except (LookupError, ValueError) as error:
        raise UnknownNameError("encoding", name, ENCODINGS) from error
    if info.name.replace("_", "-") in _UNFIT or info.incrementaldecoder is None:
        raise UnknownNameError("encoding", name, ENCODINGS)
    return info


def forced_encoding(name: str) -> Encoding:
    """Turn the value of ``--encoding`` into an `Encoding`.

    Args:
        name: any text encoding that Python knows, by any of its names. A byte order mark is dropped where there is
            one; ``utf-16`` and ``utf-32`` go by it and are little-endian where there is none.

    Raises:
        UnknownNameError: if there is no such encoding, or it is none for text.
    """
    return Encoding(_look_up(name).name.replace("_", "-"), "forced")


def decode(chunks: Iterable[bytes], codec: str) -> Iterator[str]:
    """Decode strictly; a leading byte order mark is dropped, whatever the encoding."""
    decoder = _look_up("utf-8" if codec == "utf-8-sig" else codec).incrementaldecoder("strict")
    n_bytes = n_chars = 0
    started = False
    for chunk in _with_end(chunks):
        held = len(decoder.getstate()[0])
        try:
            text = decoder.decode(chunk, not chunk)
        except UnicodeDecodeError as error:
            with contextlib.suppress(UnicodeError):
                # What stands before the bad byte is given out: somebody may be waiting for that line.
                good = error.object[: error.start].decode(codec)
                yield good if started else good.removeprefix("\ufeff")
            first = n_bytes - held
            bad = error.object[error.start : max(error.end, error.start + 1)]
            raise UndecodedError(
                bad,
                cut_off=not chunk,
                offset=first + error.start,
                window=error.object,
                window_offset=first,
                n_wide=first - n_chars,
            ) from error
        n_bytes += len(chunk)
        n_chars += len(text)
        if text and not started:
            started = True
            text = text.removeprefix("\ufeff")
        if text:
            yield text


def _with_end(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks that hold something, and one empty chunk for the end."""
    yield from filter(None, chunks)
    yield b""


# Where the characters of Chinese text are: punctuation, kana, ideographs, full-width forms. Bytes of GB18030 or Big5
# read as UTF-16 fall outside, into Hangul, Yi and private use.
_PLAUSIBLE = re.compile("[\u2000-\u206f\u3000-\u30ff\u3400-\u9fff\uff00-\uffef\U00020000-\U0003ffff]")


def _chineseness(text: str) -> float:
    """Which part of the characters beyond ASCII is common in Chinese, times which part is plausible at all."""
    wide = [char for char in text if char > "\x7f"]
    n_common = sum(char in _COMMON for char in wide)
    return n_common * len(_PLAUSIBLE.findall(text)) / len(wide) ** 2 if wide else 0.0


def _guess(sample: bytes) -> str | None:
    """Name the encoding family of some Chinese text that is no UTF-8; None where it does not look Chinese.

    A few characters are enough where they are common ones. Otherwise charset-normalizer decides, which is right
    from about twenty characters on; it may also find that the text is in a language we do not read.
    """
    scores = {family: _chineseness(sample.decode(names[-1], "replace")) for family, names in _FAMILIES.items()}
    best = max(scores, key=lambda family: scores[family])
    if scores[best] >= _ENOUGH:
        return best
    from charset_normalizer import from_bytes  # here, because most runs meet only UTF-8

    known = [name for names in _FAMILIES.values() for name in names]
    found = from_bytes(sample, cp_isolation=[name.replace("-", "_") for name in (*known, *_WITNESSES)]).best()
    if found is None:
        return None
    name = found.encoding.replace("_", "-")
    return next((family for family, names in _FAMILIES.items() if name in names), None)


def _looks_damaged(bad: UndecodedError) -> bool:
    """Whether this is UTF-8 with a few bad bytes, rather than another encoding.

    Text in GB18030 or Big5 that is read as UTF-8 gives more bad bytes than good wide characters, by far.
    """
    if bad.cut_off:
        return True
    text = bad.window.decode("utf-8", "replace")
    good = text.replace("\ufffd", "")
    n_wide = bad.n_wide + len(good.encode()) - len(good)
    return n_wide / 2 > len(text) - len(good)


# Of each kind of file that people put beside their texts by mistake: its first bytes, where they stand, its name.
_MAGIC: tuple[tuple[bytes, int, str], ...] = (
    (b"PK\x03\x04", 0, "a zip archive, or an office document such as .docx"),
    (b"PK\x05\x06", 0, "an empty zip archive"),
    (b"%PDF-", 0, "a PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "an old office document such as .doc"),
    (b"\x89PNG\r\n", 0, "a PNG image"),
    (b"\xff\xd8\xff", 0, "a JPEG image"),
    (b"GIF8", 0, "a GIF image"),
    (b"RIFF", 0, "a RIFF file (sound, video or WebP)"),
    (b"OggS\x00", 0, "an Ogg file"),
    (b"ID3\x03", 0, "an MP3 file"),
    (b"ftyp", 4, "an MP4 file"),
    (b"\x7fELF", 0, "an ELF program"),
    (b"MZ\x90\x00", 0, "a Windows program"),
    (b"\x1f\x8b\x08", 0, "gzip data; name it .gz"),
    (b"\x28\xb5\x2f\xfd", 0, "zstd data; name it .zst"),
    (b"BZh", 0, "bzip2 data; unpack it first"),
    (b"\xfd7zXZ\x00", 0, "xz data; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", 0, "a 7z archive"),
    (b"Rar!\x1a\x07", 0, "a RAR archive"),
    (b"ustar", 257, "a tar archive"),
    (b"SQLite format 3\x00", 0, "an SQLite database"),
    (b"PAR1", 0, "a Parquet file"),
    (b"\x93NUMPY", 0, "a NumPy array"),
)


@dataclass(slots=True)
class _Tally:
    """What is counted while a file goes by."""

    n_bytes: int = 0
    n_unpacked: int = 0
    n_nul_even: int = 0
    n_nul_odd: int = 0
    blank: bool = True

    def count(self, chunk: bytes) -> None:
        """Count one chunk of the unpacked bytes."""
        if b"\0" in chunk:
            n_even, n_odd = chunk[::2].count(0), chunk[1::2].count(0)
            if self.n_unpacked % 2:
                n_even, n_odd = n_odd, n_even
            self.n_nul_even += n_even
            self.n_nul_odd += n_odd
        self.n_unpacked += len(chunk)

    def wide_encoding(self) -> str | None:
        """Name the UTF-16 of text that is mostly ASCII: every second byte is NUL."""
        n_nul = self.n_nul_even + self.n_nul_odd
        if self.n_unpacked % 2 or n_nul * 5 < self.n_unpacked or n_nul < 2:
            return None
        if self.n_nul_odd >= 0.95 * n_nul:
            return "utf-16-le"
        return "utf-16-be" if self.n_nul_even >= 0.95 * n_nul else None

    def nul_dense(self) -> bool:
        """Whether there are more NULs than stray ones in a text."""
        n_nul = self.n_nul_even + self.n_nul_odd
        return n_nul >= 16 and n_nul * 10 > self.n_unpacked


_VISIBLE = re.compile(r"[^\s\0\ufeff\u200b-\u200f\u2060]")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))


def _refuse_binary(head: bytes, name: str) -> None:
    for magic, offset, what in _MAGIC:
        if head.startswith(magic, offset):
            raise InputError(f"{name}: binary file ({what}), expected text")


def _prove(path: Path, encoding: Encoding, name: str) -> tuple[Scan, _Tally]:
    """Decode the whole file strictly, in flat memory."""
    digest = hashlib.sha256()
    tally = _Tally()

    def tap(block: bytes) -> None:
        digest.update(block)
        tally.n_bytes += len(block)

    def counted() -> Iterator[bytes]:
        for chunk in chunks:
            tally.count(chunk)
            yield chunk

    chunks = unpacked(path, name, tap)
    try:
        for text in decode(counted(), encoding.name):
            tally.blank = tally.blank and not _VISIBLE.search(text)
    except UndecodedError as bad:
        bad.window += b"".join(islice(chunks, 3))
        raise
    return Scan(encoding, tally.n_bytes, digest.hexdigest(), tally.blank), tally


def _prove_utf8(path: Path, name: str) -> Scan:
    """Read as strict UTF-8; or as UTF-16, where ASCII text in UTF-16 passes for UTF-8 full of NULs."""
    found, tally = _prove(path, Encoding("utf-8", "valid"), name)
    if wide := tally.wide_encoding():
        with contextlib.suppress(UndecodedError):
            return _prove(path, Encoding(wide, "detected"), name)[0]
    if tally.nul_dense():
        raise InputError(f"{name}: binary file (NUL bytes all through it), expected text")
    return found


def _prove_detected(path: Path, bad: UndecodedError, name: str) -> Scan:
    """Find the encoding of what is no UTF-8, and prove it."""
    if _looks_damaged(bad):
        raise UndecodableError(
            f"{name}: damaged UTF-8: {bad.where()}, while the rest reads well; "
            "repair the file, or force an encoding with --encoding"
        )
    first = max(0, bad.offset - bad.window_offset - 256)
    first += (first + bad.window_offset) % 2  # a unit of UTF-16 begins at an even byte
    sample = bad.window[first : first + (1 << 16)]
    family = _guess(sample)
    last = None
    for codec in _FAMILIES.get(family or "", ()):
        try:
            found, tally = _prove(path, Encoding(codec, "detected"), name)
        except UndecodedError as error:
            last = f"not {codec}, as it looks, because of {error.where()}"
            continue
        if codec.startswith("utf-16") or not tally.nul_dense():
            return found
    if 50 * (len(sample) - len(sample.translate(None, _CONTROLS))) > len(sample):
        raise InputError(f"{name}: binary file (control characters all through it), expected text")
    seen = f"not UTF-8 because of {bad.where()}, and {last or 'in no other encoding of Chinese that we can find'}"
    raise UndecodableError(f"{name}: {seen}; name its encoding with --encoding")


def _by_mark(head: bytes) -> str | None:
    return next((codec for mark, codec in BYTE_ORDER_MARKS if head.startswith(mark)), None)


def _resolve_forced(forced: str, head: bytes) -> Encoding:
    """Settle which UTF-16 or UTF-32 is meant by the byte order mark; little-endian without one."""
    encoding = forced_encoding(forced)
    if encoding.name in {"utf-16", "utf-32"}:
        marked = _by_mark(head) or ""
        return Encoding(marked if marked.startswith(encoding.name) else f"{encoding.name}-le", "forced")
    return encoding


def scan(path: Path | str, forced: str | None = None, *, name: str | None = None) -> Scan:
    """Look at a whole file once (twice where it is no UTF-8): its encoding, size, SHA-256, and whether it is blank.

    Args:
        path: a file; ``.gz`` and ``.zst`` are unpacked on the way. Must be readable twice: no pipe.
        forced: the value of ``--encoding``; None to have it found.
        name: what to call the file in messages; ``path`` when None.

    Raises:
        UndecodableError: if some byte is in no encoding we find, or not in the one forced. Its offset counts from
            0, in the unpacked bytes.
        InputError: if it cannot be opened, is packed and damaged, or is binary.
        UnknownNameError: if no encoding has the name forced.
    """
    file, label = Path(path), name or str(path)
    if forced is not None:
        forced_encoding(forced)  # a wrong option comes before a wrong file
    head = b""
    for chunk in unpacked(file, label, None):
        head += chunk
        if len(head) >= 512:
            break
    _refuse_binary(head, label)
    marked = _by_mark(head)
    if forced is None and marked is None:
        try:
            return _prove_utf8(file, label)
        except UndecodedError as bad:
            return _prove_detected(file, bad, label)
    encoding = Encoding(marked, "bom") if forced is None and marked else _resolve_forced(forced or "", head)
    try:
        return _prove(file, encoding, label)[0]
    except UndecodedError as bad:
        raise undecodable(bad, encoding, label) from bad


def undecodable(bad: UndecodedError, encoding: Encoding, name: str) -> UndecodableError:
    """Turn a failure into the error a user reads: where, why this encoding was tried, and the way out."""
    why, out = {
        "forced": ("as --encoding says", "name another, or leave --encoding out to have it found"),
        "bom": ("as its byte order mark says", "repair the file, or force an encoding with --encoding"),
    }.get(encoding.how, ("as it was taken for", "name its encoding with --encoding"))
    return UndecodableError(f"{name}: not {encoding.name}, {why}, because of {bad.where()}; {out}")


def detect_encoding(path: Path | str, forced: str | None = None) -> Encoding:
    """Find how a file is encoded, and prove it over the whole file; `scan` tells more and raises the same."""
    return scan(path, forced).encoding
