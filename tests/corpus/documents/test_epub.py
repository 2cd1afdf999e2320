"""Books: made by pandoc (EPUB 3) and Calibre (EPUB 2), and by hand."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from corpus.documents.epub import read
from corpus.documents.kinds import FileOptions
from corpus.documents.segments import Role
from translate.errors import InputError

from .files import HERE, translated

KNOWN = {
    "第一章": "Chapter 1",
    "孔乙己": "Kong Yiji",
    "做工的人，傍午傍晚散了工，每每花四文铜钱，买一碗酒。": "Workers would buy a bowl of wine for four coppers.",
}
BOOKS = ["pandoc.epub", "calibre.epub"]


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.mark.parametrize("name", BOOKS)
@pytest.mark.parametrize("bilingual", [None, "below", "beside"])
def test_a_book_keeps_all_but_its_text(name: str, bilingual):
    data = (HERE / name).read_bytes()
    before, after = members(data), members(translated(data, "epub", KNOWN, bilingual=bilingual).data)
    assert list(before) == list(after)
    changed = {member for member in before if before[member] != after[member]}
    assert {member.rpartition(".")[2] for member in changed} <= {"xhtml", "ncx", "opf"}
    assert any(b"Kong Yiji" in after[member] for member in changed)
    for member in changed:
        old, new = etree.fromstring(before[member]), etree.fromstring(after[member])
        assert sorted(new.xpath("//@id")) == sorted(old.xpath("//@id"))
        if bilingual is None:
            assert sorted(new.xpath("//@href | //@src")) == sorted(old.xpath("//@href | //@src"))
            tags = sorted(element.tag for element in old.iter(etree.Element))
            assert sorted(element.tag for element in new.iter(etree.Element)) == tags


@pytest.mark.parametrize("name", BOOKS)
def test_a_book_that_is_not_changed_is_the_same(name: str):
    data = (HERE / name).read_bytes()
    file = read(data, name, FileOptions())
    assert members(file.written({})) == members(data)
    first = zipfile.ZipFile(io.BytesIO(file.written({}))).infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)


def test_pages_come_in_the_order_of_the_spine_and_say_what_they_are():
    file = read((HERE / "pandoc.epub").read_bytes(), "a", FileOptions())
    roles = {segment.text: segment.role for segment in file.segments}
    assert roles["第二章"] is Role.HEADING
    assert roles["这是注释。"] is Role.FOOTNOTE
    main = [file.segments[n].text for n in file.main()]
    assert main.index("第一章") < main.index("第二章") < len(main) - 1
    assert file.segments[-1].text == "孔乙己"


def test_the_language_of_the_book_is_that_of_its_text():
    data = (HERE / "calibre.epub").read_bytes()
    package = members(translated(data, "epub", KNOWN).data)["content.opf"].decode()
    assert re.findall("<dc:language>(.*?)<", package) == ["en"]
    package = members(translated(data, "epub", KNOWN, bilingual="below").data)["content.opf"].decode()
    assert "<dc:language>zh" in package


JAR = Path("/usr/share/java/epubcheck.jar")


@pytest.mark.slow
@pytest.mark.skipif(not (JAR.is_file() and shutil.which("java")), reason="checked by epubcheck, where it is installed")
@pytest.mark.parametrize("bilingual", [None, "below"])
@pytest.mark.parametrize("name", BOOKS)
def test_epubcheck_finds_no_fault_that_was_not_there(tmp_path: Path, name: str, bilingual):
    def faults(data: bytes) -> set[str]:
        path = tmp_path / "book.epub"
        path.write_bytes(data)
        found = subprocess.run(["java", "-jar", JAR, path], capture_output=True, text=True, check=False)
        said = found.stdout + found.stderr
        assert "Messages: " in said
        return set(re.findall(r"(?:ERROR|FATAL|WARNING)\(([A-Z]+-\d+)\)", said))

    data = (HERE / name).read_bytes()
    assert faults(translated(data, "epub", KNOWN, bilingual=bilingual).data) == faults(data)


def packed(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
    return out.getvalue()


CONTAINER = '<container><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>'
PACKAGE = '<package><manifest><item id="p" href="p.xhtml" media-type="application/xhtml+xml"/>{}</manifest></package>'


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"mimetype": "x"}, "no member META-INF/container.xml"),
        ({"META-INF/container.xml": "<container/>"}, "names no package"),
        ({"a.opf": PACKAGE, "p.xhtml": '<!DOCTYPE a [<!ENTITY x "x">]><a/>'}, "p.xhtml: declares the entity 'x'"),
        ({"a.opf": PACKAGE, "p.xhtml": "<p>苹果"}, "p.xhtml: no well-formed XML"),
        (
            {"a.opf": PACKAGE, "META-INF/encryption.xml": '<e><CipherReference URI="p.xhtml"/></e>'},
            "its pages are encrypted",
        ),
    ],
)
def test_what_is_no_book_is_named(files: dict[str, str], why: str):
    with pytest.raises(InputError, match=re.escape(why)):
        translated(packed({"META-INF/container.xml": CONTAINER} | files if "a.opf" in files else files), "epub")


def test_what_lies_elsewhere_is_not_fetched():
    package = PACKAGE.format('<item id="q" href="http://a.example/q.xhtml" media-type="application/xhtml+xml"/>')
    page = '<!DOCTYPE html SYSTEM "http://a.example/b.dtd"><a><p>孔乙己</p>&nbsp;</a>'
    data = packed({"META-INF/container.xml": CONTAINER, "a.opf": package, "p.xhtml": page})
    assert members(translated(data, "epub", KNOWN).data)["p.xhtml"].decode() == page.replace("孔乙己", "Kong Yiji")
