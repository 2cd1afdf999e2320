"""Bytes to paragraphs: encodings are proved, offsets are exact, memory is flat, damage is named with its place."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from translate.errors import InputError, UndecodableError, UnknownNameError
from translate.files.lines import Encoding, detect_encoding, read_chunks, read_paragraphs, scan
from translate.text.paragraphs import split_paragraphs
from translate.text.segment import segment

SIMPLIFIED = "腾讯公司与海南省政府签署了深化战略合作协议，双方将在“智慧海南”建设。\n\n毛超峰和马化腾出席了签约仪式。\n"
TRADITIONAL = (
    "騰訊公司與海南省政府簽署了深化戰略合作協議，雙方將在「智慧海南」建設。\n\n毛超峰和馬化騰出席了簽約儀式。\n"
)

ANY_TEXT = st.text(
    st.one_of(
        st.sampled_from("\r\n\n\r。，中文字 a\t\x85\u2028\x0b\ufeff"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=60,
).filter(lambda text: not text.startswith("\ufeff"))

quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(folder: Path, data: bytes, name: str = "text.txt") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def packed(data: bytes, suffix: str) -> bytes:
    if suffix == ".gz":
        return gzip.compress(data)
    return zstandard.ZstdCompressor(write_checksum=True).compress(data) if suffix == ".zst" else data


# -- encodings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name", "how"),
    [
        (SIMPLIFIED.encode(), "utf-8", "valid"),
        (b"plain ASCII\n", "utf-8", "valid"),
        (SIMPLIFIED.encode("utf-8-sig"), "utf-8-sig", "bom"),
        (b"\xff\xfe" + SIMPLIFIED.encode("utf-16-le"), "utf-16-le", "bom"),
        (b"\xfe\xff" + SIMPLIFIED.encode("utf-16-be"), "utf-16-be", "bom"),
        (b"\xff\xfe\0\0" + SIMPLIFIED.encode("utf-32-le"), "utf-32-le", "bom"),
        (b"\0\0\xfe\xff" + SIMPLIFIED.encode("utf-32-be"), "utf-32-be", "bom"),
        (b"\x84\x31\x95\x33" + SIMPLIFIED.encode("gb18030"), "gb18030", "bom"),
        (SIMPLIFIED.encode("gb18030"), "gb18030", "detected"),
        (TRADITIONAL.encode("gb18030"), "gb18030", "detected"),
        (TRADITIONAL.encode("big5"), "big5", "detected"),
        ((TRADITIONAL + "恒春裏").encode("cp950"), "cp950", "detected"),
        ((TRADITIONAL + "啲嘢").encode("big5hkscs"), "big5hkscs", "detected"),
        (SIMPLIFIED.encode("utf-16-le"), "utf-16-le", "detected"),
        (TRADITIONAL.encode("utf-16-be"), "utf-16-be", "detected"),
        ("hello there, 世界\n".encode("utf-16-le"), "utf-16-le", "detected"),
        ("only ASCII, two bytes each\n".encode("utf-16-be"), "utf-16-be", "detected"),
        # Short: one phrase is enough where its characters are common.
        ("你好，世界".encode("gb18030"), "gb18030", "detected"),
        ("我們的世界".encode("big5"), "big5", "detected"),
        # In 7 bits, which passes for ASCII.
        ("你好，世界。\nHello ~~ 世界\n".encode("hz"), "hz", "detected"),
        (b"\x1b$AVPND\x1b(B a\n\x1b$BF|K\\\x1b(B\n", "iso2022-jp-2", "detected"),
        # Late: the first half megabyte is ASCII.
        (b"ascii\n" * 90_000 + SIMPLIFIED.encode("gb18030"), "gb18030", "detected"),
    ],
)
def test_encoding_is_found_and_its_text_is_right(tmp_path: Path, data: bytes, name: str, how: str) -> None:
    path = write(tmp_path, data)
    encoding = detect_encoding(path)
    assert (encoding.name, encoding.how) == (name, how)
    lines = [paragraph.text for paragraph in read_paragraphs(path, "d", encoding)]
    codec = "utf-8" if name == "utf-8-sig" else name
    assert lines == data.decode(codec).removeprefix("\ufeff").splitlines()


@pytest.mark.parametrize("length", [20, 60, 300])
def test_detector_on_passages(tmp_path: Path, length: int) -> None:
    seed = re.sub(r"\s", "", (Path(__file__).parents[3] / "examples" / "hainan.txt").read_text("utf-8"))
    for first in range(0, len(seed) - length, 151):
        passage = seed[first : first + length]
        for codec in ("gb18030", "utf-16-le", "utf-16-be"):
            assert detect_encoding(write(tmp_path, passage.encode(codec))).name == codec, passage


def test_scan_tells_size_hash_and_blankness(tmp_path: Path) -> None:
    data = gzip.compress(SIMPLIFIED.encode())
    found = scan(write(tmp_path, data, "a.txt.gz"))
    assert (found.n_bytes, found.sha256, found.blank) == (len(data), hashlib.sha256(data).hexdigest(), False)
    for blank in ("", " \n\t\u3000\n", "\ufeff", "\u200b\n"):
        assert scan(write(tmp_path, blank.encode())).blank


@pytest.mark.parametrize(
    ("forced", "name"), [("GBK", "gbk"), ("utf16", "utf-16-le"), ("UTF_16_BE", "utf-16-be"), ("latin-1", "iso8859-1")]
)
def test_forced_encoding(tmp_path: Path, forced: str, name: str) -> None:
    data = "中文".encode(forced) if forced != "latin-1" else b"caf\xe9"
    path = write(tmp_path, data)
    assert detect_encoding(path, forced) == Encoding(name, "forced")
    assert [p.text for p in read_paragraphs(path, "d", detect_encoding(path, forced))] == [
        "café" if forced == "latin-1" else "中文"
    ]


@pytest.mark.parametrize("name", ["nope", "base64", "rot13", "zlib", "undefined", "punycode", "unicode_escape", "x\0"])
def test_unknown_encoding_names_the_known(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown encoding .*gb18030"):
        scan(tmp_path / "missing", name)


def test_damaged_utf8_is_not_taken_for_something_else(tmp_path: Path) -> None:
    good = SIMPLIFIED.encode() * 3
    cases = {
        good[:90] + b"\xff" + good[90:]: r"byte 90 \(0xff\)",
        b"\x80" + good: r"byte 0 \(0x80\)",
        good + "你".encode()[:2]: rf"ends in the middle of a character \(0xe4 0xbd at byte {len(good)}\)",
        b"ascii only " + b"\xe4\xbd": "middle of a character",
        good * 3000 + b"\xc0" + good: rf"byte {len(good) * 3000} \(0xc0\)",
    }
    for data, where in cases.items():
        with pytest.raises(UndecodableError, match=rf"text.txt: damaged UTF-8: .*{where}.*--encoding"):
            scan(write(tmp_path, data))


def test_undecodable_says_where_and_what_to_do(tmp_path: Path) -> None:
    gb = SIMPLIFIED.encode("gb18030")
    with pytest.raises(UndecodableError, match=r"not utf-8, as --encoding says, because of byte 0 \(0xcc\)"):
        scan(write(tmp_path, gb), "utf-8")
    with pytest.raises(UndecodableError, match=rf"not gb18030, as it looks, because of byte {len(gb)} \(0xff\)"):
        scan(write(tmp_path, gb + b"\xff\n" + gb))
    with pytest.raises(UndecodableError, match=r"not utf-16-le, as its byte order mark says.*middle of a character"):
        scan(write(tmp_path, b"\xff\xfea"))
    with pytest.raises(UndecodableError, match=r"no other encoding of Chinese that we can find.*--encoding"):
        scan(write(tmp_path, "été à la plage, où les élèves étaient là. ".encode("cp1252") * 5))
    with pytest.raises(UndecodableError, match=r"no other encoding of Chinese"):
        scan(write(tmp_path, "これは日本語の文章です。カタカナもあります。".encode("shift_jis") * 5))


@given(st.text("中文字，。a\n", min_size=1, max_size=40), st.data(), st.integers(1, 30))
@quick
def test_offset_of_a_bad_byte_is_exact(text: str, data: st.DataObject, chunk_size: int) -> None:
    codec = data.draw(st.sampled_from(["utf-8", "gb18030", "big5"]))
    before = text[: data.draw(st.integers(0, len(text)))].encode(codec)
    raw = before + b"\xff" + b"\n" + text.encode(codec)
    with pytest.raises(UndecodableError, match=rf"byte {len(before)} \(0xff"):
        list(read_paragraphs(io.BytesIO(raw), "d", codec, chunk_size=chunk_size))


def test_a_file_of_two_encodings_says_where_the_second_begins(tmp_path: Path) -> None:
    for n in (1, 5, 30_000):
        utf8, gb, big5 = SIMPLIFIED.encode() * n, SIMPLIFIED.encode("gb18030") * n, TRADITIONAL.encode("big5") * n
        where = rf"it is utf-8, but from byte {len(utf8)} \(0x..\) in line {3 * n + 1} on it reads as"
        with pytest.raises(UndecodableError, match=rf"two encodings in one file: {where} gb18030.*--errors replace"):
            scan(write(tmp_path, utf8 + gb))
        with pytest.raises(UndecodableError, match=f"two encodings in one file: {where} big5"):
            scan(write(tmp_path, utf8 + big5))
    with pytest.raises(
        UndecodableError, match=r"it is gb18030, but from byte \d+ .* in line 1[01] on it reads as utf-8"
    ):
        scan(write(tmp_path, SIMPLIFIED.encode("gb18030") * 3 + "一个人。\n他们说，这是我们的书。\n".encode()))
    with pytest.raises(UndecodableError, match=r"it is utf-8, but from byte 0 .* in line 1 on it reads as gb18030"):
        scan(write(tmp_path, "这是我们的书。\n".encode("gb18030") + SIMPLIFIED.encode() * 9))
    with pytest.raises(UndecodableError, match="damaged UTF-8"):
        scan(write(tmp_path, SIMPLIFIED.encode() + b"\xff" + SIMPLIFIED.encode()))
    with pytest.raises(UndecodableError, match="not gb18030, as it looks"):
        scan(write(tmp_path, SIMPLIFIED.encode("gb18030") + b"\xff" + SIMPLIFIED.encode("gb18030")))


def cesu8(text: str) -> bytes:
    units = text.encode("utf-16-be")
    pairs = (int.from_bytes(units[i : i + 2]) for i in range(0, len(units), 2))
    return "".join(map(chr, pairs)).encode("utf-8", "surrogatepass")


def read(data: bytes, encoding: Encoding | str | None, **options: Any) -> str:
    pieces = read_paragraphs(io.BytesIO(data), "d", encoding, **options)
    return "".join(piece.text + piece.line_end for piece in pieces)


EURO = "腾讯公司说，价格是€100。\n他说：“我们的价格是€，不是€”。\n只要1€"


@pytest.mark.parametrize("forced", [None, "gb18030", "gbk", "cp936", "gb2312"])
def test_a_single_0x80_of_windows_is_the_euro_sign(tmp_path: Path, forced: str | None) -> None:
    path = write(tmp_path, EURO.replace("€", "\uf8f8").encode("gb18030").replace("\uf8f8".encode("gb18030"), b"\x80"))
    encoding = detect_encoding(path, forced)
    for chunk_size in (1, 7, 1000):
        assert read(path.read_bytes(), encoding, chunk_size=chunk_size) == EURO


def test_cesu8_is_found_and_read(tmp_path: Path) -> None:
    text = f"他说😀，这是𠮷野家。\n{SIMPLIFIED}👨‍👩‍👧"
    path = write(tmp_path, cesu8(text))
    encoding = detect_encoding(path)
    assert (encoding.name, encoding.how) == ("cesu-8", "detected")
    assert detect_encoding(path, "CESU8") == Encoding("cesu-8", "forced")
    for chunk_size in (1, 2, 3, 5, 1000):
        assert read(path.read_bytes(), encoding, chunk_size=chunk_size) == text
    assert "surrogatepass" in Path(__file__).parents[3].joinpath("docs", "formats.md").read_text("utf-8")
    for half in (b"\xed\xa0\xbd", b"\xed\xb8\x80", b"\xed\xa0\xbd\xed\xa0\xbd\xed\xb8\x80"):
        with pytest.raises(UndecodableError, match="damaged UTF-8"):
            scan(write(tmp_path, SIMPLIFIED.encode() * 3 + half + b"\n"))


@given(ANY_TEXT, st.integers(1, 9))
@quick
def test_cesu8_loses_nothing(text: str, chunk_size: int) -> None:
    assert read(cesu8(text), "cesu-8", chunk_size=chunk_size) == text


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x1b$)A\x0eVPND\x0f\n", "ISO-2022-CN.*iconv"),
        ("안녕하세요".encode("iso2022_kr"), "ISO-2022-KR.*Korean.*--encoding iso2022_kr"),
        ("これは日本語です。".encode("iso2022_jp"), "ISO-2022-JP.*Japanese.*--encoding iso2022_jp"),
        (b"a" * ((1 << 20) - 2) + "これは日本語です。".encode("iso2022_jp"), "ISO-2022-JP"),
        (b"~{VPND5D~} ~{\x7f\x7f~}", "not hz, as it looks, because of byte 1[0-9].*--errors replace"),
    ],
)
def test_other_encodings_of_7_bits_are_refused_by_name(tmp_path: Path, data: bytes, what: str) -> None:
    with pytest.raises(InputError, match=rf"text.txt: {what}") as caught:
        scan(write(tmp_path, data))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["a ~{b} c", "~{1,2}", "\x1b[31mred\x1b[0m $x", "~~{{}}", "awk '$1 ~{print}'", "cd ~", "x\x1b"]
)
def test_ascii_stays_ascii(tmp_path: Path, text: str) -> None:
    assert detect_encoding(write(tmp_path, text.encode())) == Encoding("utf-8", "valid")


@pytest.mark.parametrize("chunk_size", [1, 3, 1000])
def test_what_stands_before_a_bad_byte_is_given_out_in_its_state(chunk_size: int) -> None:
    pieces = read_paragraphs(io.BytesIO(b"~{VPND~}\n~{VPND\xff"), "d", "hz", chunk_size=chunk_size)
    assert next(pieces).text == "中文"
    with pytest.raises(UndecodableError, match="byte 15"):
        list(pieces)


# -- errors="replace" ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "big5", "utf-16-le"])
def test_replace_takes_the_encoding_that_a_damaged_file_looks_like(tmp_path: Path, codec: str) -> None:
    text = TRADITIONAL * 3
    data = text.encode(codec)
    at = len((TRADITIONAL[:18]).encode(codec))
    bad = b"\xff\n\0" if codec != "utf-16-le" else b"\0\xdc\n\0"
    path = write(tmp_path, data[:at] + bad + data[at:])
    with pytest.raises(UndecodableError, match="--errors replace"):
        scan(path)
    encoding = detect_encoding(path, errors="replace")
    assert encoding == Encoding(codec, "detected", "replace")
    found = read(path.read_bytes(), encoding)
    assert found.replace("\0", "") == text[:18] + "\ufffd\n" + text[18:]
    forced = detect_encoding(path, codec, errors="replace")
    assert (forced.errors, read(path.read_bytes(), forced)) == ("replace", found)
    with pytest.raises(UndecodableError, match="--errors replace"):
        detect_encoding(path, codec)


def test_replace_leaves_clean_files_as_they_are(tmp_path: Path) -> None:
    for codec in ("utf-8", "gb18030"):
        path = write(tmp_path, SIMPLIFIED.encode(codec))
        assert detect_encoding(path, errors="replace") == detect_encoding(path)
    with pytest.raises(UndecodableError, match="no other encoding of Chinese"):
        scan(write(tmp_path, "été à la plage, où les élèves étaient là. ".encode("cp1252") * 5), errors="replace")
    hz = write(tmp_path, b"~{VPND5D~} ~{\x7f\x7f~}")
    assert detect_encoding(hz, errors="replace") == Encoding("hz", "detected", "replace")


@given(st.lists(st.text("中文字，。a1\n", max_size=20), min_size=1, max_size=5), st.data(), st.integers(1, 30))
@quick
def test_replace_loses_no_character_around_bad_bytes(texts: list[str], data: st.DataObject, chunk_size: int) -> None:
    codec = data.draw(st.sampled_from(["utf-8", "gb18030", "gbk", "big5", "cesu-8"]))
    raw = b"\xff".join(text.encode("utf-8" if codec == "cesu-8" else codec) for text in texts)
    found = list(read_paragraphs(io.BytesIO(raw), "d", codec, chunk_size=chunk_size, errors="replace"))
    whole = "".join(piece.text + piece.line_end for piece in found)
    assert whole == "\ufffd".join(texts)
    assert all(whole[piece.start :].startswith(piece.text) for piece in found)
    rows = list(segment(iter(found)))
    assert "".join("".join(row.raw.split()) for row in rows) == "".join(whole.split())
    assert all(("replacement" in row.flags) == ("\ufffd" in row.raw) for row in rows)


@given(st.binary(max_size=60), st.integers(1, 9), st.sampled_from(["utf-8", "gb18030", "gbk", "big5", "cesu-8", "hz"]))
@quick
def test_replace_does_not_depend_on_chunks(data: bytes, chunk_size: int, codec: str) -> None:
    assert read(data, codec, chunk_size=chunk_size, errors="replace") == read(data, codec, errors="replace")


def test_a_stream_may_be_damaged() -> None:
    assert read(b"a\xffb\n", None, errors="replace") == "a\ufffdb\n"
    assert read(b"a\xff1", "gb18030", errors="replace") == "a\ufffd1"
    assert read(b"a\x801", "gb18030") == "a€1"


# -- binary --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"PK\x03\x04rest", "docx"),
        (b"%PDF-1.7 \xe4", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\x7fELF\x02", "ELF"),
        (b"\x1f\x8b\x08\0", "name it .gz"),
        (b"a" * 257 + b"ustar\0", "tar"),
        (bytes(3000), "NUL"),
        (b"ab\0\0\0\0\0\0" * 500, "NUL"),
        (bytes(range(256)) * 40, "control characters"),
    ],
)
def test_binary_is_refused(tmp_path: Path, data: bytes, what: str) -> None:
    with pytest.raises(InputError, match=rf"text.txt: binary file .*{what}"):
        scan(write(tmp_path, data))


def test_stray_nul_and_control_characters_pass(tmp_path: Path) -> None:
    text = f"\0{SIMPLIFIED}\x01\x0b\x1b[0m\0"
    path = write(tmp_path, text.encode())
    assert detect_encoding(path).name == "utf-8"
    assert "".join(p.text for p in read_paragraphs(path, "d", "utf-8")) == text.replace("\n", "")


# -- packed --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_members_and_frames_are_joined(tmp_path: Path, suffix: str) -> None:
    data = SIMPLIFIED.encode()
    path = write(tmp_path, packed(data, suffix) * 3 + packed(b"", suffix), f"a.txt{suffix}")
    taken: list[int] = []
    assert b"".join(read_chunks(path, on_bytes=taken.append)) == data * 3
    assert sum(taken) == path.stat().st_size


def test_gzip_may_end_in_zeros(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(b"one") + bytes(512), "a.gz")
    assert b"".join(read_chunks(path)) == b"one"


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_damaged_archives_are_named(tmp_path: Path, suffix: str) -> None:
    whole = packed(SIMPLIFIED.encode() * 50, suffix)
    for n_bytes in (3, 10, len(whole) // 2, len(whole) - 1):
        with pytest.raises(InputError, match=r"a.txt.*ends too early"):
            scan(write(tmp_path, whole[:n_bytes], f"a.txt{suffix}"))
    with pytest.raises(InputError, match=r"a.txt.*damaged"):
        scan(write(tmp_path, whole[:-2] + bytes([whole[-2] ^ 255]) + whole[-1:], f"a.txt{suffix}"))
    with pytest.raises(InputError, match=r"a.txt.*damaged"):
        scan(write(tmp_path, whole + b"garbage", f"a.txt{suffix}"))
    with pytest.raises(InputError, match=r"holds something else"):
        scan(write(tmp_path, SIMPLIFIED.encode(), f"a.txt{suffix}"))


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such file"):
        scan(tmp_path / "missing.txt")
    with pytest.raises(InputError, match=r"cannot be read"):
        scan(tmp_path)


# -- lines ---------------------------------------------------------------------------------------------------------


def expected_lines(text: str) -> list[str]:
    lines = re.split("\r\n|\r|\n", text)
    return lines if lines[-1] else lines[:-1]


@given(
    ANY_TEXT,
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-32", "gb18030"]),
    st.sampled_from(["", ".gz", ".zst"]),
    st.integers(1, 20),
    st.integers(1, 20),
)
@quick
def test_offsets_are_those_of_the_decoded_document(
    tmp_path: Path, text: str, codec: str, suffix: str, piece_size: int, chunk_size: int
) -> None:
    path = write(tmp_path, packed(text.encode(codec), suffix), f"a{suffix}")
    found = list(read_paragraphs(path, "d", codec, piece_size, chunk_size=chunk_size))
    for piece in found:
        assert text[piece.start : piece.start + len(piece.text)] == piece.text
        assert len(piece.text) <= piece_size
    lines: dict[int, str] = {}
    for piece in found:
        # Pieces are cut at multiples of the piece size from the start of the line.
        assert len(lines.get(piece.index, "")) % piece_size == 0
        assert piece.final or len(piece.text) == piece_size
        lines[piece.index] = lines.get(piece.index, "") + piece.text
    assert list(lines) == list(range(len(lines)))
    assert list(lines.values()) == expected_lines(text)
    assert sum(piece.final for piece in found) == len(lines)


def test_the_recipe_for_offsets_in_the_docs(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "formats.md").read_text("utf-8")
    found = re.search(r"`text = (path\.read_bytes\(\).*?)`", page)
    assert found is not None
    path = write(tmp_path, "\ufeff\ufeff你好\r\n再见".encode())
    encoding = detect_encoding(path)
    text = eval(found[1], {"path": path, "encoding": encoding.name})
    for paragraph in read_paragraphs(path, "d", encoding):
        assert text[paragraph.start : paragraph.start + len(paragraph.text)] == paragraph.text


@given(ANY_TEXT, st.integers(1, 9), st.integers(1, 9))
@quick
def test_chunks_do_not_matter(text: str, piece_size: int, chunk_size: int) -> None:
    whole = list(split_paragraphs(text, "d", piece_size))
    assert list(read_paragraphs(io.BytesIO(text.encode()), "d", "utf-8", piece_size, chunk_size=chunk_size)) == whole


@given(ANY_TEXT.filter(str.strip))
@quick
def test_utf8_is_never_taken_for_anything_else(tmp_path: Path, text: str) -> None:
    assert detect_encoding(write(tmp_path, text.encode())).name == "utf-8"


def test_lines_before_a_bad_byte_are_given_out() -> None:
    lines = read_paragraphs(io.BytesIO("一\n二\n三".encode() + b"\xff"), "d", "utf-8")
    assert [next(lines).text, next(lines).text] == ["一", "二"]
    with pytest.raises(UndecodableError, match=r"input: not utf-8.*byte 11"):
        next(lines)


@pytest.mark.parametrize("chunk_size", [1, 2, 3, 100])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", ["", "\n", "你好\na"])
def test_a_stream_goes_by_its_byte_order_mark(text: str, codec: str, chunk_size: int) -> None:
    mark = "" if codec == "utf-8" else "\ufeff"
    data = (mark + text).encode(codec.removesuffix("-sig"))
    found = read_paragraphs(io.BytesIO(data), "d", None, chunk_size=chunk_size)
    assert [p.text for p in found] == text.splitlines()


def test_a_bad_byte_in_a_stream_says_how_it_was_read() -> None:
    with pytest.raises(UndecodableError, match=r"input: not UTF-8 because of byte 1 .*as it comes.*--encoding"):
        list(read_paragraphs(io.BytesIO(b"a\xff"), "d", None))
    with pytest.raises(UndecodableError, match=r"input: not utf-16-le, as its byte order mark says"):
        list(read_paragraphs(io.BytesIO(b"\xff\xfea"), "d", None))


def test_line_ends_cut_by_a_chunk() -> None:
    found = read_paragraphs(io.BytesIO(b"a\r\n\rb\r"), "d", "utf-8", chunk_size=2)
    assert [(p.index, p.text, p.start) for p in found] == [(0, "a", 0), (1, "", 3), (2, "b", 4)]


# -- memory --------------------------------------------------------------------------------------------------------

PEAK = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from translate.files.lines import read_paragraphs, scan

    found = scan(sys.argv[1])
    n = sum(len(piece.text) for piece in read_paragraphs(sys.argv[1], "d", found.encoding))
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(n, int(peak.split()[1]))
    """
)


def peak_of_reading(path: Path) -> tuple[int, int]:
    """Characters read, and the peak of resident memory in MiB."""
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak of a process's own memory is told by /proc only")
    # Not getrusage: its peak includes that of the parent at the time of the fork.
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PEAK, str(path)],
        capture_output=True,
        check=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    n_chars, kib = map(int, done.stdout.split())
    return n_chars, kib // 1024


def test_a_line_of_100_megabytes_in_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    with path.open("wb") as file:
        for _ in range(100):
            file.write("长".encode() * (1_000_000 // 3) + b"a")
    n_chars, peak = peak_of_reading(path)
    assert n_chars == 100 * (1_000_000 // 3 + 1)
    assert peak < 64


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_decompression_bomb_in_flat_memory(tmp_path: Path, suffix: str) -> None:
    n_bytes = 80_000_000
    path = write(tmp_path, packed(b"a" * n_bytes, suffix), f"bomb.txt{suffix}")
    assert path.stat().st_size < 200_000
    n_chars, peak = peak_of_reading(path)
    assert n_chars == n_bytes
    assert peak < 70


@pytest.mark.parametrize("codec", ["gb18030", "big5"])
def test_a_stream_in_another_encoding_is_told_what_it_looks_like(codec: str) -> None:
    simplified = "第一章。你好，世界！今天天气很好，我们都在这里。"
    text = "第一章。你好，世界！今天天氣很好，我們都在這裡。" if codec == "big5" else simplified
    with pytest.raises(UndecodableError, match=f"with --encoding \\(it looks like {codec}\\), or have"):
        list(read_paragraphs(io.BytesIO(text.encode(codec)), "stdin", None))
