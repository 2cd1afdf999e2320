"""Text without Chinese is in ASCII on the English side."""

from __future__ import annotations

import pytest

from translate.text.ascii import in_ascii


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("１２．５％ 。", "12.5%."),
        ("Ｔｈｅ　ｅｎｄ．", "The end."),
        ("“Ｈｅｌｌｏ，ｗｏｒｌｄ！”", '"Hello, world!"'),
        ("１，０００", "1,000"),
        ("Tom（USA）：OK。Next", "Tom (USA): OK. Next"),
        ("don’t…", "don't..."),
        ("https://example.org/?a=1", "https://example.org/?a=1"),
        ("café — 5 €", "café — 5 €"),
        ("こんにちは。", "こんにちは。"),
        ("", ""),
    ],
)
def test_in_ascii(text: str, expected: str) -> None:
    assert in_ascii(text) == expected
