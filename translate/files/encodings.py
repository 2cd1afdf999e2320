"""Which encoding a file is in: known where it can be known, detected where not, and proved in either case.

The order is: what the user forces; a byte order mark; strict UTF-8; a detector, whose choice must decode the whole
file strictly. A file that is UTF-8 but for a few bytes is called damaged, with the position, rather than read as
something else. With ``errors="replace"`` damage is accepted: the same encodings are tried strictly first, and the one
that it looks like is taken in the end, with U+FFFD for what it cannot read.
"""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

from translate.errors import InputError, UndecodableError
from translate.files.decoding import CESU_PAIR, ENCODINGS, Errors, UndecodedError, codec_name, decode
from translate.files.packing import PACKINGS
from translate.files.seven_bits import find_seven_bits, is_suspect
from translate.files.unpack import unpacked

__all__ = [
    "BYTE_ORDER_MARKS",
    "ENCODINGS",
    "Encoding",
    "Errors",
    "Scan",
    "UndecodedError",
    "decode",
    "detect_encoding",
    "forced_encoding",
    "likely_encoding",
    "scan",
    "undecodable",
]


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of a file become text.

    Attributes:
        name: ``utf-8``, ``utf-8-sig`` (with a byte order mark), ``utf-16-le``, ``gb18030``, ``big5`` …
        how: ``forced`` by the user; ``bom`` named by the byte order mark; ``valid`` strict UTF-8 reads it all;
            ``detected`` by the detector, then proved over the whole file.
        errors: ``replace`` where there are bytes in it that become U+FFFD, or may be.
    """

    name: str
    how: Literal["forced", "bom", "valid", "detected"]
    errors: Errors = "strict"


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


def forced_encoding(name: str, errors: Errors = "strict") -> Encoding:
    """Turn the value of ``--encoding`` into an `Encoding`.

    Args:
        name: any text encoding that Python knows, by any of its names. A byte order mark is dropped where there is
            one; ``utf-16`` and ``utf-32`` go by it and are little-endian where there is none. ``cesu-8`` is known
            too; in GB 18030 and its subsets a single byte 0x80 is €, as Windows writes it.
        errors: what becomes of bytes that are not in it.

    Raises:
        UnknownNameError: if there is no such encoding, or it is none for text.
    """
    return Encoding(codec_name(name), "forced", errors)


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


def likely_encoding(bad: UndecodedError) -> str | None:
    """What the bytes about a bad one look like, where they are no UTF-8; for a message, and not proved."""
    if _looks_damaged(bad):
        return None
    first = max(0, bad.offset - bad.window_offset)
    sample = bad.window[first : first + (1 << 12)]
    texts = {family: sample.decode(_FAMILIES[family][-1], "replace") for family in ("gb18030", "big5")}
    best = max(texts, key=lambda family: _chineseness(texts[family]))
    return best if _looks_chinese(texts[best]) else None


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
    *((packing.magic, 0, f"packed; name it {suffix}") for suffix, packing in PACKINGS.items()),
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
    n_lost: int = 0
    blank: bool = True
    is_ascii: bool = True
    is_suspect: bool = False

    def count(self, chunk: bytes) -> None:
        """Count one chunk of the unpacked bytes."""
        self.is_ascii = self.is_ascii and chunk.isascii()
        if self.is_ascii:
            self.is_suspect = self.is_suspect or is_suspect(chunk)
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
        for text in decode(counted(), encoding.name, encoding.errors):
            tally.blank = tally.blank and not _VISIBLE.search(text)
            if encoding.errors == "replace":
                tally.n_lost += text.count("\ufffd")
    except UndecodedError as bad:
        bad.window += b"".join(islice(chunks, 3))
        if not encoding.name.startswith(("utf-16", "utf-32")):
            bad.line = _line_of(path, bad.offset, name)
        raise
    return Scan(encoding, tally.n_bytes, digest.hexdigest(), tally.blank), tally


def _line_of(path: Path, offset: int, name: str) -> int:
    """Which line a byte is in, from 1."""
    n_lines, left = 1, offset
    for chunk in unpacked(path, name, None):
        n_lines += chunk.count(b"\n", 0, left)
        left -= len(chunk)
        if left <= 0:
            break
    return n_lines


def _prove_utf8(path: Path, name: str, errors: Errors) -> Scan:
    """Read as strict UTF-8; or as what passes for it: ASCII text in UTF-16, full of NULs, and Chinese in 7 bits."""
    found, tally = _prove(path, Encoding("utf-8", "valid"), name)
    if wide := tally.wide_encoding():
        with contextlib.suppress(UndecodedError):
            return _prove(path, Encoding(wide, "detected"), name)[0]
    if tally.nul_dense():
        raise InputError(f"{name}: binary file (NUL bytes all through it), expected text")
    if tally.is_ascii and tally.is_suspect and (codec := find_seven_bits(path, name, _looks_chinese)):
        encoding = Encoding(codec, "detected")
        try:
            return _prove(path, encoding, name)[0]
        except UndecodedError as bad:
            if errors == "replace":
                return _prove(path, replace(encoding, errors=errors), name)[0]
            raise UndecodableError(f"{name}: not {codec}, as it looks, because of {bad.where()}; {_REPLACE}") from bad
    return found


_REPLACE = "--errors replace goes on, with U+FFFD for what cannot be read"


def _looks_chinese(text: str) -> bool:
    return _chineseness(text) >= _ENOUGH


def _prove_detected(path: Path, bad: UndecodedError, name: str, errors: Errors) -> Scan:
    """Find the encoding of what is no UTF-8, and prove it."""
    if CESU_PAIR.match(bad.window, bad.offset - bad.window_offset):
        with contextlib.suppress(UndecodedError):
            return _prove(path, Encoding("cesu-8", "detected"), name)[0]
    if _looks_damaged(bad):
        if errors == "replace":
            return _prove(path, Encoding("utf-8", "detected", errors), name)[0]
        if other := _other_encoding(bad):
            raise _two_encodings(name, "utf-8", other, bad)
        raise UndecodableError(
            f"{name}: damaged UTF-8: {bad.where()}, while the rest reads well; repair the file, "
            f"or force an encoding with --encoding; {_REPLACE}"
        )
    first = max(0, bad.offset - bad.window_offset - 256)
    first += (first + bad.window_offset) % 2  # a unit of UTF-16 begins at an even byte
    sample = bad.window[first : first + (1 << 16)]
    family = _FAMILIES.get(_guess(sample) or "", ())
    last = None
    for codec in family:
        try:
            found, tally = _prove(path, Encoding(codec, "detected"), name)
        except UndecodedError as error:
            last = f"not {codec}, as it looks, because of {error.where()}"
            if errors == "strict" and error.offset > bad.offset and _is_utf8_there(error):
                raise _two_encodings(name, codec, "utf-8", error) from error
            continue
        if codec.startswith("utf-16") or not tally.nul_dense():
            return found
    is_clear = last and _looks_chinese(sample.decode(family[-1], "replace"))
    if not is_clear and 50 * (len(sample) - len(sample.translate(None, _CONTROLS))) > len(sample):
        raise InputError(f"{name}: binary file (control characters all through it), expected text")
    if last and errors == "replace":
        tries = (_prove(path, Encoding(codec, "detected", errors), name) for codec in family)
        return min(tries, key=lambda found: found[1].n_lost)[0]
    if (bad.n_wide or not bad.window[: bad.offset - bad.window_offset].isascii()) and (other := _other_encoding(bad)):
        raise _two_encodings(name, "utf-8", other, bad)
    seen = f"not UTF-8 because of {bad.where()}, and {last or 'in no other encoding of Chinese that we can find'}"
    raise UndecodableError(f"{name}: {seen}; name its encoding with --encoding{f'; {_REPLACE}' if last else ''}")


def _two_encodings(name: str, first: str, second: str, bad: UndecodedError) -> UndecodableError:
    """A file that somebody put together from others."""
    return UndecodableError(
        f"{name}: two encodings in one file: it is {first}, but from {bad.where()} on it reads as {second}; "
        f"split it there and convert either part; {_REPLACE}"
    )


def _line_from(bad: UndecodedError, at: int) -> bytes:
    return bad.window[at:].split(b"\n", 1)[0][:4096]


def _other_encoding(bad: UndecodedError) -> str | None:
    """What the rest of a line is in that UTF-8 does not read; None where a few bytes in it are damaged."""
    line = _line_from(bad, bad.offset - bad.window_offset)
    if len(line) < 8:
        return None
    scores = {codec: _chineseness(line.decode(codec, "replace")) for codec in ("gb18030", "big5hkscs")}
    best = max(scores, key=lambda codec: scores[codec])
    return best if scores[best] >= _ENOUGH else None


def _is_utf8_there(bad: UndecodedError) -> bool:
    """Whether the line in which another encoding fails is UTF-8, and no ASCII."""
    line = _line_from(bad, bad.window.rfind(b"\n", 0, bad.offset - bad.window_offset) + 1)
    try:
        return len(line.decode("utf-8", "strict" if len(line) < 4096 else "ignore")) < len(line)
    except UnicodeDecodeError:
        return False


def _by_mark(head: bytes) -> str | None:
    return next((codec for mark, codec in BYTE_ORDER_MARKS if head.startswith(mark)), None)


def _resolve_forced(forced: str, head: bytes, errors: Errors) -> Encoding:
    """Settle which UTF-16 or UTF-32 is meant by the byte order mark; little-endian without one."""
    encoding = forced_encoding(forced, errors)
    if encoding.name in {"utf-16", "utf-32"}:
        marked = _by_mark(head) or ""
        return replace(encoding, name=marked if marked.startswith(encoding.name) else f"{encoding.name}-le")
    return encoding


def scan(path: Path | str, forced: str | None = None, *, name: str | None = None, errors: Errors = "strict") -> Scan:
    """Look at a whole file once (twice where it is no UTF-8): its encoding, size, SHA-256, and whether it is blank.

    Args:
        path: a file; ``.gz`` and ``.zst`` are unpacked on the way. Must be readable twice: no pipe.
        forced: the value of ``--encoding``; None to have it found.
        name: what to call the file in messages; ``path`` when None.
        errors: ``replace`` accepts damage: the encoding that the file looks like, or that is forced, is taken though it
            does not read every byte.

    Raises:
        UndecodableError: if some byte is in no encoding we find, or not in the one forced. Its offset counts from
            0, in the unpacked bytes. With ``replace``: if it looks like no encoding.
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
            return _prove_utf8(file, label, errors)
        except UndecodedError as bad:
            return _prove_detected(file, bad, label, errors)
    if forced is None and marked:
        encoding = Encoding(marked, "bom", errors)
    else:
        encoding = _resolve_forced(forced or "", head, errors)
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
    return UndecodableError(f"{name}: not {encoding.name}, {why}, because of {bad.where()}; {out}; {_REPLACE}")


def detect_encoding(path: Path | str, forced: str | None = None, *, errors: Errors = "strict") -> Encoding:
    """Find how a file is encoded, and prove it over the whole file; `scan` tells more and raises the same."""
    return scan(path, forced, errors=errors).encoding
