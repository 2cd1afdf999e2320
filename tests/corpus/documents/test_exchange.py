"""XLIFF and TMX: units without a translation get one, valid as before."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from translate.errors import InputError, UsageError

from .files import translated

KNOWN = {
    "我们去公园散步。": "We go to the park for a walk.",
    "苹果": "Apple",
    "名字是%s。": "The name is %s.",
}

XLIFF12 = """<?xml version="1.0" encoding="UTF-8"?>
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
  <file original="a.html" source-language="zh-CN" datatype="html">
    <body>
      <trans-unit id="1">
        <source>我们去<g id="1">公园</g>散步<x id="2"/>。</source>
        <note>说明</note>
        <alt-trans><source>甲</source><target>乙</target></alt-trans>
      </trans-unit>
      <group id="g"><trans-unit id="2"><source>苹果</source><target>Pear</target></trans-unit></group>
      <trans-unit id="3"><source>苹果</source><target state="new">苹果</target></trans-unit>
      <trans-unit id="4" translate="no"><source>苹果</source></trans-unit>
      <trans-unit id="5"><source>名字是<ph id="1">%s</ph>。</source><target/></trans-unit>
      <trans-unit id="6"><source>Latin</source></trans-unit>
    </body>
  </file>
</xliff>
"""
XLIFF21 = """<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.1" srcLang="zh">
 <file id="f"><unit id="u"><originalData><data id="d">&lt;br/></data></originalData>
  <segment><source>我们去<pc id="1">公园</pc>散步。<ph id="2" dataRef="d"/></source></segment>
  <segment><source>我们去<sc id="3"/>公园<ec startRef="3"/>散步。</source></segment></unit>
 <unit id="v" translate="no"><segment><source>苹果</source></segment></unit></file>
</xliff>
"""
TMX = """<?xml version="1.0"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header creationtool="a" creationtoolversion="1" segtype="sentence" o-tmf="a" adminlang="en"
 srclang="zh" datatype="xml"/><body>
<tu>
  <note>苹果</note>
  <tuv xml:lang="zh-CN"><seg>我们去<bpt i="1">&lt;b></bpt>公园<ept i="1">&lt;/b></ept>散步。</seg></tuv>
</tu>
<tu><tuv xml:lang="zh"><seg>苹果</seg></tuv><tuv xml:lang="en-US"><seg>Pear</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg/></tuv><tuv xml:lang="zh"><seg>苹果</seg></tuv></tu>
</body></tmx>
"""


def english(text: str, kind: str) -> str:
    return translated(text.encode(), kind, KNOWN).data.decode()


def test_xliff_12():
    found = english(XLIFF12, "xliff")
    state = 'state="needs-review-translation" state-qualifier="mt-suggestion"'
    expected = XLIFF12.replace('datatype="html">', 'datatype="html" target-language="en">')
    target = f'<target {state}>We go to <g id="1">the park</g> for a walk<x id="2"/>.</target>'
    expected = expected.replace("</source>\n        <note>", f"</source>\n        {target}\n        <note>")
    expected = expected.replace('<target state="new">苹果', '<target state="new">Apple')
    expected = expected.replace("<target/>", '<target>The name is <ph id="1">%s</ph>.</target>')
    assert found == expected


def test_xliff_21():
    found = english(XLIFF21, "xliff")
    first = '<target>We go to <pc id="1">the park</pc> for a walk.<ph id="2" dataRef="d"/></target>'
    second = '<target>We go to <sc id="3"/>the park<ec startRef="3"/> for a walk.</target>'
    assert re.findall("<target>.*?</target>", found) == [first, second]
    assert re.sub("<target>.*?</target>", "", found) == XLIFF21.replace('srcLang="zh"', 'srcLang="zh" trgLang="en"')


def test_tmx():
    found = english(TMX, "tmx")
    new = 'We go to <bpt i="1">&lt;b></bpt>the park<ept i="1">&lt;/b></ept> for a walk.'
    expected = TMX.replace("</seg></tuv>\n", f'</seg></tuv>\n  <tuv xml:lang="en"><seg>{new}</seg></tuv>\n', 1)
    assert found == expected.replace("<seg/>", "<seg>Apple</seg>")


def test_the_tmx_is_as_valid_as_it_was():
    validator = etree.DTD(str(Path(__file__).parents[1] / "writers" / "tmx14.dtd"))
    for each in (TMX, english(TMX, "tmx")):
        validator.assertValid(etree.fromstring(each.encode()))


def test_files_without_anything_to_do_come_back_byte_for_byte():
    for text, kind in ((XLIFF12, "xliff"), (XLIFF21, "xliff"), (TMX, "tmx")):
        plain = re.sub("[\u4e00-\u9fff]", "x", text).replace("\n", "\r\n")
        assert translated(plain.encode(), kind).data == plain.encode()


def test_what_is_no_such_file_is_refused():
    with pytest.raises(InputError, match="begins with <tmx>, expected <xliff>"):
        translated(TMX.encode(), "xliff")
    with pytest.raises(InputError, match="declares the entity 'a'"):
        translated(b'<!DOCTYPE tmx [<!ENTITY a "b">]><tmx/>', "tmx")
    with pytest.raises(UsageError, match="both languages side by side already"):
        translated(TMX.encode(), "tmx", bilingual="below")
