from __future__ import annotations

from corpus.signals.keys import key, skeleton


def test_a_key_ignores_form_only() -> None:
    assert key("Ｈello， World！ 3") == "helloworld3"
    assert key("你好，世界。") == key("你好世界") != key("你好世")


def test_a_skeleton_ignores_digits_too() -> None:
    assert skeleton("Django 1.9 release notes") == skeleton("Django 2.0 release notes")
