from __future__ import annotations

from corpus.lexicon.stems import english_stems, latin_stems


def test_forms_of_a_word_have_one_stem() -> None:
    assert len(set(english_stems("look looks looked looking"))) == 1
    assert len(set(english_stems("city cities City"))) == 1
    assert len(set(english_stems("stop stopped stopping stops"))) == 1
    assert english_stems("Wang's glass, 1,108 days") == ["wang", "glas", "1108", "day"]
    assert latin_stems("COBE和WMAP的数据") == ["cob", "wmap"]
    assert latin_stems("没有") == []
