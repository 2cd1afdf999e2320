"""Documents of Word: made by Writer, by pandoc, and by hand."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from corpus.documents.kinds import FileOptions
from corpus.documents.segments import Role
from corpus.documents.word import read
from translate.errors import InputError

from .files import HERE, translated

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)


def docx(body: str) -> bytes:
    """The smallest docx with this body."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("[Content_Types].xml", TYPES)
        file.writestr("word/document.xml", f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>')
        file.writestr("word/media/image1.png", b"\x89PNG 123")
    return out.getvalue()


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def body_of(data: bytes) -> str:
    return re.sub("(?s).*<w:body>|</w:body>.*", "", members(data)["word/document.xml"].decode())


def text_of(data: bytes, member: str = "word/document.xml") -> list[str]:
    root = etree.fromstring(members(data)[member])
    return ["".join(p.itertext(f"{{{W}}}t")) for p in root.iter(f"{{{W}}}p")]


KNOWN = {
    "我们去公园散步。": "We go to the park for a walk.",
    "苹果": "Apple",
    "我不相信。": "I do not believe it.",
    "使用 print() 函数可以输出文字。": "Use the print() function to output text.",
}


def run(text: str, format_: str = "") -> str:
    return f"<w:r>{f'<w:rPr>{format_}</w:rPr>' if format_ else ''}<w:t>{text}</w:t></w:r>"


def english(body: str, **options: str) -> str:
    return body_of(translated(docx(body), "docx", KNOWN, **options).data).replace(' xml:space="preserve"', "")


PARK, WALK = run("公园", "<w:b/>"), run("散") + run("步。", '<w:rFonts w:hint="eastAsia"/>')
LINK = '<w:hyperlink r="2">{}</w:hyperlink>'
MARK = '<w:bookmarkStart w:id="1"/>{}<w:bookmarkEnd w:id="1"/>'
STEP = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
FIELD = f"{STEP.format('begin')}<w:r><w:instrText>REF a</w:instrText></w:r>{STEP.format('separate')}{{}}"
FIELD += STEP.format("end")
NOTE = '<w:footnoteReference w:id="2"/>'
BOX = "<w:r><w:pict><x><w:txbxContent><w:p>{}</w:p></w:txbxContent></x></w:pict></w:r>"
DELETED = "<w:del><w:r><w:delText>梨</w:delText></w:r></w:del>"
CONTROL = "<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>"


@pytest.mark.parametrize(
    ("chinese", "expected"),
    [
        # runs that Word cut are one; a hint that marks are Chinese goes, a format stays
        (run("我们去") + PARK + WALK, run("We go to ") + run("the park", "<w:b/>") + run(" for a walk.")),
        # a link, and what stands outside of runs
        (
            MARK.format(run("我们去") + LINK.format(run("公园")) + run("散步。")),
            MARK.format(run("We go to ") + LINK.format(run("the park")) + run(" for a walk.")),
        ),
        # a note, and a tab that cuts
        (
            f"{run('苹果')}<w:r><w:tab/><w:t>苹果</w:t>{NOTE}</w:r>",
            f"{run('Apple')}<w:r><w:tab/></w:r>{run('Apple')}<w:r>{NOTE}</w:r>",
        ),
        # the code of a field stays around what it shows
        (FIELD.format(run("苹果")), FIELD.format(run("Apple"))),
        # text in a box within a text
        (run("苹果") + BOX.format(run("苹果")), run("Apple") + BOX.format(run("Apple"))),
        # what was deleted, and what a control holds
        (DELETED + CONTROL.format(run("苹果")), DELETED + CONTROL.format(run("Apple"))),
        (run("Latin &amp; so"), run("Latin &amp; so")),
    ],
)
def test_only_text_becomes_another(chinese: str, expected: str):
    assert english(f"<w:p>{chinese}</w:p>") == f"<w:p>{expected}</w:p>"


def test_both_texts_can_be_had():
    body = f"<w:p><w:pPr><w:numPr/></w:pPr>{run('苹果')}<w:bookmarkEnd/></w:p>"
    own, copy = run("苹果"), run("Apple")
    head = f"<w:p><w:pPr><w:numPr/></w:pPr>{own}<w:bookmarkEnd/>"
    assert english(body, bilingual="below") == f"{head}<w:r><w:br/></w:r>{copy}</w:p>"
    assert english(body, bilingual="beside") == f"{head}{run(' ')}{copy}</w:p>"


@pytest.mark.parametrize("name", ["writer.docx", "pandoc.docx"])
def test_a_document_of_a_program_keeps_all_but_its_text(name: str):
    data = (HERE / name).read_bytes()
    file = read(data, name, FileOptions())
    assert file.written({}) != b""
    assert members(file.written({})) == members(data)
    found = translated(data, "docx", KNOWN)
    before, after = members(data), members(found.data)
    assert list(before) == list(after)
    changed = {member for member in before if before[member] != after[member]}
    assert changed <= {"word/document.xml", "word/footnotes.xml"}
    tags = re.compile(rb"<w:(?!r>|r |t>|t |rPr|rFonts|lang|bookmark|tblCaption)[^>]*>")
    for member in changed:
        etree.fromstring(after[member])
        formats = rb"<w:(?:b|i|u|color|sz|vertAlign|rStyle|szCs|bCs|iCs)\b[^>]*>"
        assert tags.findall(re.sub(formats, b"", before[member])) == tags.findall(re.sub(formats, b"", after[member]))
        assert all("EN(" in text for text in text_of(found.data, member) if re.search("[\u4e00-\u9fff]", text))


def test_what_a_paragraph_is_is_known():
    file = read((HERE / "pandoc.docx").read_bytes(), "a", FileOptions())
    roles = {segment.text: segment.role for segment in file.segments}
    assert roles["海南旅游指南"] is Role.TITLE
    assert roles["海南的天气"] is Role.HEADING
    assert roles["海口"] is Role.CELL
    assert roles["香蕉和梨"] is Role.ITEM
    assert roles["这是脚注的内容。"] is Role.FOOTNOTE
    assert "使用 print() 函数可以输出文字。" in roles


def test_code_is_read_and_stays():
    data = translated((HERE / "pandoc.docx").read_bytes(), "docx", KNOWN).data
    assert "Use the print() function to output text." in text_of(data)
    assert re.search(r'rStyle w:val="VerbatimChar" ?/></w:rPr><w:t xml:space="preserve">print\(\)<', body_of(data))


LONE = ["<w:r><w:tab/></w:r>", "<w:r><w:drawing/></w:r>", '<w:bookmarkStart w:id="1"/>', "<w:proofErr/>"]
PIECES = st.recursive(
    st.builds(run, st.sampled_from(["甲", "乙。", "a b ", " "]), st.sampled_from(["", "<w:b/>", "<w:i/>"]))
    | st.sampled_from(
        ["<w:r><w:tab/></w:r>", "<w:r><w:drawing/></w:r>", '<w:bookmarkStart w:id="1"/>', "<w:proofErr/>"]
    ),
    lambda inner: st.lists(inner, max_size=4).map(lambda parts: f"<w:hyperlink>{''.join(parts)}</w:hyperlink>"),
    max_leaves=8,
)


@settings(max_examples=25)
@given(st.lists(PIECES, min_size=1, max_size=5).map("".join))
def test_no_link_or_picture_is_lost_and_no_text_stands_outside_of_a_run(content: str):
    after = english(f"<w:p>{content}</w:p>")
    kept = re.compile("</?w:(?:hyperlink|drawing|bookmarkStart|proofErr|tab)\\b")
    assert sorted(kept.findall(after)) == sorted(kept.findall(content))
    root = etree.fromstring(f'<w:p xmlns:w="{W}">{after}</w:p>')
    for text in root.iter(f"{{{W}}}t"):
        assert text.getparent().tag == f"{{{W}}}r"
    assert all(not (node.text or "").strip() for node in root.iter() if node.tag != f"{{{W}}}t")


def test_zips_that_could_do_harm_are_refused():
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(10):
            file.writestr(f"{number}.xml", b"\0" * (60 << 20))
    for data, why in (
        (bomb.getvalue(), "zip bomb"),
        (b"PK\x03\x04 nothing", "damaged"),
        (b"", "damaged"),
        (docx("")[:-30], "damaged"),
    ):
        with pytest.raises(InputError, match=why):
            translated(data, "docx")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("[Content_Types].xml", TYPES)
        file.writestr("word/document.xml", f'<!DOCTYPE a [<!ENTITY b "甲">]><w:document xmlns:w="{W}"/>')
    with pytest.raises(InputError, match="entity"):
        translated(out.getvalue(), "docx")
    for outside in ("../a", "/etc/a", "a/../../b", "C:\\\\a"):
        with zipfile.ZipFile(out := io.BytesIO(docx("")), "a") as file:
            file.writestr(outside, "")
        with pytest.raises(InputError, match="outside of it"):
            translated(out.getvalue(), "docx")
