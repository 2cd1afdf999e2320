"""Bytes to characters in a stream: strictly, with the place where it fails, or with U+FFFD for what cannot be read.

Two readings that Python's codecs lack are made here: CESU-8 (a character beyond the BMP as two surrogates of three
bytes each, as some databases write it), and the single byte 0x80 of Windows' code page 936, which is €.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

from translate.errors import UnknownNameError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["CESU_PAIR", "ENCODINGS", "Errors", "UndecodedError", "codec_name", "decode"]

Errors: TypeAlias = Literal["strict", "replace"]
"""What becomes of bytes that cannot be decoded: an error, or U+FFFD."""

ENCODINGS = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "gb18030",
    "gbk",
    "gb2312",
    "hz",
    "big5",
    "cp950",
    "big5hkscs",
    "cesu-8",
)
"""The encodings we name when asked; any other text encoding that Python knows can be forced too."""

# Text encodings of Python that read no files: their incremental decoders lose state, or they spell code points out.
_UNFIT = {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}

# Encodings in which 0x80 begins no character, and stands for € where Windows wrote it.
_WITH_EURO = {"gb18030", "gbk", "gb2312"}

CESU_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
"""One character beyond the BMP, as CESU-8 writes it (Unicode Technical Report 26)."""

_CESU_BEGUN = re.compile(rb"\xed(?:[\xa0-\xaf](?:[\x80-\xbf](?:\xed[\xb0-\xbf]?)?)?)?\Z")


class UndecodedError(Exception):
    """Strict decoding stopped; becomes an `UndecodableError` where it is known why this encoding was tried.

    Attributes:
        offset: of the first bad byte, in the (unpacked) bytes.
        bad: the offending bytes.
        cut_off: whether the bytes end in the middle of a character.
        window: bytes about the bad ones, and some of what follows.
        window_offset: of ``window[0]`` in the (unpacked) bytes.
        n_wide: how many bytes the characters before the window took beyond one each.
        line: which line the bad bytes are in, from 1; None where that is not known.
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
        self.line: int | None = None

    def where(self) -> str:
        """Say which bytes, and where."""
        shown = " ".join(f"0x{byte:02x}" for byte in self.bad[:4])
        if self.cut_off:
            return f"it ends in the middle of a character ({shown} at byte {self.offset})"
        return f"byte {self.offset} ({shown})" + (f" in line {self.line}" if self.line else "")


def codec_name(name: str) -> str:
    """The usual name of an encoding that is to be forced.

    Raises:
        UnknownNameError: there is no such encoding, or it is none for text.
    """
    if re.sub("[-_ ]", "", name).lower() == "cesu8":
        return "cesu-8"
    try:
        info = codecs.lookup(name)
        with contextlib.suppress(UnicodeError):
            b"?".decode(name)  # a LookupError where it is no text encoding (base64, rot13, zlib …)
    except (LookupError, ValueError) as error:
        raise UnknownNameError("encoding", name, ENCODINGS) from error
    found = info.name.replace("_", "-")
    if found in _UNFIT or info.incrementaldecoder is None:
        raise UnknownNameError("encoding", name, ENCODINGS)
    return found


class _Cesu8Decoder(codecs.BufferedIncrementalDecoder):
    """UTF-8 in which pairs of surrogates are characters; a surrogate alone is an error."""

    def _buffer_decode(self, input: ReadableBuffer, errors: str, final: bool) -> tuple[str, int]:  # noqa: A002  (the base's)
        data = bytes(input)
        begun = None if final else _CESU_BEGUN.search(data)
        whole = data[: begun.start()] if begun else data
        return codecs.utf_8_decode(whole, f"duizhao.cesu8.{errors}", final)


class _GbDecoder(codecs.IncrementalDecoder):
    """GB 18030 and its subsets, with € for a single 0x80.

    At the end of a file Python's own decoder drops whatever stands after a bad byte and looks like its continuation.
    """

    def __init__(self, codec: str, errors: Errors) -> None:
        super().__init__(f"duizhao.euro.{errors}")
        self._codec = codec
        self._inner = codecs.getincrementaldecoder(codec)(self.errors)

    def decode(self, input: ReadableBuffer, final: bool = False) -> str:  # noqa: A002  (the base's)
        """The next characters; with ``final``, what is left of the bytes as well."""
        text = self._inner.decode(input)
        return text + self._inner.getstate()[0].decode(self._codec, self.errors) if final else text

    def getstate(self) -> tuple[bytes, int]:
        """Bytes that are not decoded yet."""
        return self._inner.getstate()

    def setstate(self, state: tuple[bytes, int]) -> None:
        """Go back to a state."""
        self._inner.setstate(state)


def _read_pair(error: UnicodeError) -> tuple[str, int] | None:
    if isinstance(error, UnicodeDecodeError) and (pair := CESU_PAIR.match(error.object, error.start)):
        units = pair[0].decode("utf-8", "surrogatepass")
        return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le"), pair.end()
    return None


def _read_euro(error: UnicodeError) -> tuple[str, int] | None:
    if isinstance(error, UnicodeDecodeError) and error.object[error.start] == 0x80:
        return "€", error.start + 1
    return None


def _replace_byte(error: UnicodeError) -> tuple[str | bytes, int]:
    """U+FFFD for one byte: what follows it may be a digit, though it looks like half of four bytes of GB 18030."""
    replaced, end = codecs.replace_errors(error)
    return replaced, error.start + 1 if isinstance(error, UnicodeDecodeError) else end


codecs.register_error("duizhao.cesu8.strict", lambda error: _read_pair(error) or codecs.strict_errors(error))
codecs.register_error("duizhao.cesu8.replace", lambda error: _read_pair(error) or codecs.replace_errors(error))
codecs.register_error("duizhao.euro.strict", lambda error: _read_euro(error) or codecs.strict_errors(error))
codecs.register_error("duizhao.euro.replace", lambda error: _read_euro(error) or _replace_byte(error))


def _decoder(codec: str, errors: Errors) -> codecs.IncrementalDecoder:
    name = codec_name("utf-8" if codec == "utf-8-sig" else codec)
    if name == "cesu-8":
        return _Cesu8Decoder(errors)
    return _GbDecoder(name, errors) if name in _WITH_EURO else codecs.getincrementaldecoder(name)(errors)


def decode(chunks: Iterable[bytes], codec: str, errors: Errors = "strict") -> Iterator[str]:
    """Decode in flat memory; a leading byte order mark is dropped, whatever the encoding.

    Args:
        chunks: of the bytes, cut anywhere.
        codec: as `codec_name` gives it, or ``utf-8-sig``.
        errors: ``replace`` puts U+FFFD where bytes cannot be decoded.

    Raises:
        UndecodedError: at the first bad byte; what stands before it has been given out.
    """
    decoder = _decoder(codec, errors)
    n_bytes = n_chars = 0
    started = False
    for chunk in _with_end(chunks):
        state = decoder.getstate()
        held = len(state[0])
        try:
            text = decoder.decode(chunk, not chunk)
        except UnicodeDecodeError as error:
            decoder.setstate(state)
            with contextlib.suppress(UnicodeError):
                # What stands before the bad byte is given out: somebody may be waiting for that line.
                good = decoder.decode(chunk[: max(0, error.start - held)])
                yield good if started else good.removeprefix("\ufeff")
            first = n_bytes - held
            raise UndecodedError(
                error.object[error.start : max(error.end, error.start + 1)],
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
