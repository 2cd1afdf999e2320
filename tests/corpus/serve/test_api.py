"""LibreTranslate's API, asked as its clients ask."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
import urllib.parse
from pathlib import Path

import pytest
from libretranslatepy import LibreTranslateAPI

from corpus.serve.keys import ApiKeys
from corpus.serve.service import RequestLimits
from translate.engines.fake import FakePlan
from translate.errors import InputError

from .conftest import Serve, Served

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_the_client_from_the_package_index_works_unchanged(served: Served) -> None:
    client = LibreTranslateAPI(served.url)
    codes = {language["code"]: language for language in client.languages()}
    assert codes["zh"]["targets"] == ["en"]
    assert client.translate("你好。\n\n再见。", "zh", "en") == "EN(你好。)[3]\n\nEN(再见。)[3]"
    (found,) = client.detect("海南是一个省。")
    assert found["language"] == "zh"
    assert found["confidence"] == 100


def test_a_batch_as_weblate_sends_it(served: Served) -> None:
    """Weblate looks its codes up in /languages, and sends the strings of a page in one list, with its key."""
    _, languages, _ = served.ask("/languages")
    assert {"zh-Hans", "zh-Hant", "en"} <= {language["code"] for language in languages}
    strings = ["打开文件", "已保存 [X7X] 个文件。", "确定要删除吗？\n此操作无法撤销。"]
    status, answer = served.post("/translate", api_key="", q=strings, source="zh-Hans", target="en")
    assert status == 200
    assert list(answer) == ["translatedText"]
    assert [text.count("\n") for text in answer["translatedText"]] == [0, 0, 1]
    assert answer["translatedText"][0] == "EN(打开文件)[4]"


def test_forms_and_json_say_the_same(served: Served) -> None:
    values = {"q": "第一行。\r\n第二行。", "source": "zh", "target": "en"}
    wanted = "EN(第一行。)[4]\nEN(第二行。)[4]"
    assert served.post("/translate", **values) == (200, {"translatedText": wanted})
    body = urllib.parse.urlencode(values).encode()
    status, answer, _ = served.ask("/translate", body, FORM)
    assert (status, answer) == (200, {"translatedText": wanted})
    status, answer, _ = served.ask("/translate", body, {"Content-Type": "application/x-www-form-urlencoded; charset=x"})
    assert status == 200
    status, answer, _ = served.ask("/translate?" + body.decode(), b"", FORM)
    assert (status, answer["translatedText"]) == (200, wanted)


def test_auto_is_found_out_and_alternatives_are_none(served: Served) -> None:
    found = {"confidence": 100.0, "language": "zh"}
    status, answer = served.post("/translate", q="你好。", source="auto", target="en", alternatives=3)
    assert (status, answer["detectedLanguage"], answer["alternatives"]) == (200, found, [])
    status, answer = served.post("/translate", q=["你好。", ""], source="auto", target="en", alternatives="1")
    assert (status, answer["detectedLanguage"], answer["alternatives"]) == (200, [found, found], [[], []])
    assert answer["translatedText"][1] == ""


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("海南是一个省。", "zh"),
        ("海南是一個省，位於中國南方，以 COVID-19 聞名", "zh"),
        ("The weather is fine today.", "en"),
        ("これは日本語の文章です。", "ja"),
        ("안녕하세요, 반갑습니다.", "ko"),
    ],
)
def test_languages_are_told_apart(served: Served, text: str, language: str) -> None:
    status, (best, *_) = served.post("/detect", q=text)
    assert (status, best["language"]) == (200, language)
    assert 50 < best["confidence"] <= 100


@pytest.mark.parametrize("text", ["Привет, как дела?", "12345", "…"])
def test_what_is_none_of_them_has_no_confidence(served: Served, text: str) -> None:
    assert served.post("/detect", q=text) == (200, [{"confidence": 0.0, "language": "en"}])


GOOD = {"q": "你好。", "source": "zh", "target": "en"}


@pytest.mark.parametrize(
    ("values", "error"),
    [
        (GOOD | {"q": ""}, "Invalid request: missing q parameter"),
        (GOOD | {"q": []}, "Invalid request: missing q parameter"),
        (GOOD | {"q": None}, "Invalid request: missing q parameter"),
        (GOOD | {"q": 7}, "neither a text nor a list of texts"),
        (GOOD | {"q": ["a", 7]}, "neither a text nor a list of texts"),
        (GOOD | {"q": {"a": "b"}}, "neither a text nor a list of texts"),
        (GOOD | {"source": ""}, "Invalid request: missing source parameter"),
        (GOOD | {"target": None}, "Invalid request: missing target parameter"),
        (GOOD | {"source": ["zh"]}, "source parameter is not text"),
        (GOOD | {"source": "fr"}, "fr is not supported"),
        (GOOD | {"target": "\ud800"}, "\ud800 is not supported"),
        (GOOD | {"target": "zh"}, "Chinese (zh) is not available as a target language from Chinese (zh)"),
        (GOOD | {"source": "en"}, "English (en) is not available as a target language from English (en)"),
        (GOOD | {"q": "こんにちは、元気ですか。", "source": "auto"}, "ja is not supported"),
        (GOOD | {"format": "markdown"}, "markdown format is not supported; supported: text, html"),
        (GOOD | {"alternatives": "many"}, "alternatives parameter is not a number"),
        (GOOD | {"alternatives": 1.5}, "alternatives parameter is not a number"),
        (GOOD | {"q": "字" * 100_001}, "Invalid request: request (100001) exceeds text limit (100000)"),
        (GOOD | {"q": ["字" * 60_000] * 2}, "Invalid request: request (120000) exceeds text limit (100000)"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(served: Served, values: dict[str, object], error: str) -> None:
    status, answer = served.post("/translate", **values)
    assert status == 400
    assert list(answer) == ["error"]
    assert error in answer["error"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1]", b'"text"', b"\xff\xfe{}", b'{"q": "\xb0\xa1"}', b"[" * 100_000, b"null"]
)
def test_what_is_no_json_is_refused(served: Served, body: bytes) -> None:
    status, answer, _ = served.ask("/translate", body, JSON)
    assert (status, answer) == (400, {"error": "Invalid JSON format"})


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "multipart/form-data; boundary=x", "", "a/b/c"])
def test_what_is_no_form_is_refused(served: Served, kind: str) -> None:
    status, answer, _ = served.ask("/translate", b"q=%E4%BD%A0", {"Content-Type": kind})
    assert status == 400
    assert answer["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/translate", 405),
        ("PUT", "/health", 405),
        ("GET", "/nope", 404),
        ("GET", "/download_file/../../etc/passwd", 404),
    ],
)
def test_other_addresses_and_methods_answer_in_json_too(served: Served, method: str, path: str, status: int) -> None:
    found, answer, _ = served.ask(path, method=method)
    assert (found, list(answer)) == (status, ["error"])


def test_settings_and_health(served: Served) -> None:
    _, settings, headers = served.ask("/frontend/settings")
    assert settings["charLimit"] == 100_000
    assert settings["language"]["target"] == {"code": "en", "name": "English"}
    assert not settings["keyRequired"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert served.ask("/health")[:2] == (200, {"status": "ok"})


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("a.txt", "a.en.txt"),
        ("../../etc/章 一.TXT", "章 一.en.TXT"),
        ("C:\\x\\..\\b.txt", "b.en.txt"),
        ("<img src=x onerror=alert(1)>.txt", None),
    ],
)
def test_a_file_comes_back_translated_under_a_harmless_name(served: Served, name: str, saved: str | None) -> None:
    status, answer = served.upload(name, "你好。再见。\n\n海南。\n".encode("gb18030"), source="zh", target="en")
    assert status == 200
    url = answer["translatedFileUrl"]
    assert url.startswith(f"{served.url}/download_file/")
    status, content, headers = served.ask(url.removeprefix(served.url))
    assert (status, content.decode()) == (200, "EN(你好。)[3] EN(再见。)[3]\n\nEN(海南。)[3]\n")
    assert headers["content-type"] == "application/octet-stream"
    given = urllib.parse.unquote(headers["content-disposition"].removeprefix("attachment; filename*=UTF-8''"))
    assert given == saved or (saved is None and not set(given) & set("<>/\\"))


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.exe", b"MZ", "file format not supported; supported: .txt, .ass"),
        ("", b"x", "file format not supported"),
        ("noname", b"x", "file format not supported"),
        ("a.txt", b"", "empty file"),
        ("a.txt", b" \r\n", "empty file"),
        ("a.txt", bytes(range(256)) * 20, "a.txt: "),
    ],
)
def test_a_file_that_cannot_be_translated_is_refused(served: Served, name: str, content: bytes, error: str) -> None:
    status, answer = served.upload(name, content, source="zh", target="en")
    assert status == 400
    assert error in answer["error"]
    assert "/tmp" not in answer["error"]


# -- limits, keys, other sites -----------------------------------------------------------------------------------------


def test_too_large_a_body_is_not_read(serve: Serve) -> None:
    with serve(limits=RequestLimits(upload=10_000)) as served:
        status, answer, _ = served.ask("/translate", b"x" * 20_000, JSON)
        assert (status, "too large" in answer["error"]) == (413, True)
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
        connection.request("POST", "/translate", iter([b"x" * 6000] * 3), JSON, encode_chunked=True)
        assert connection.getresponse().status == 413
        connection.close()
        assert served.post("/translate", **GOOD)[0] == 200


def test_half_a_body_is_not_waited_for(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    begun = (
        b"POST /translate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    with serve(limits=RequestLimits(patience=0.3)) as served:
        with socket.create_connection(("127.0.0.1", served.port), timeout=60) as waits:
            waits.sendall(begun)
            assert waits.recv(1000).startswith(b"HTTP/1.1 408")
        with socket.create_connection(("127.0.0.1", served.port), timeout=60) as goes:
            goes.sendall(begun)
        assert served.post("/translate", **GOOD)[0] == 200
    assert capsys.readouterr().err == ""


def test_who_comes_when_too_many_wait_is_told_to_come_later(serve: Serve) -> None:
    go_on = threading.Event()

    def hold(text: str) -> bool:
        go_on.wait(60)
        return False

    with serve(limits=RequestLimits(waiting=20), plan=FakePlan(empty=hold)) as served:
        first: list[tuple[int, object]] = []
        texts = [f"第{i}句。" for i in range(120)]
        thread = threading.Thread(
            target=lambda: first.append(served.post("/translate", q=texts, source="zh", target="en"))
        )
        thread.start()
        while served.queue.n_waiting == 0:
            time.sleep(0.005)
        status, answer, headers = served.ask("/translate", json.dumps(GOOD).encode(), JSON)
        go_on.set()
        thread.join()
        assert status == 429
        assert answer["error"].startswith("Slowdown: ")
        assert headers["retry-after"]
        assert first[0][0] == 200
        assert served.post("/translate", **GOOD)[0] == 200


def test_what_a_client_that_went_away_asked_for_is_dropped(serve: Serve) -> None:
    with serve(plan=FakePlan(seconds=0.05)) as served:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
        texts = [f"第{i}句。" for i in range(3000)]
        connection.request("POST", "/translate", json.dumps(GOOD | {"q": texts}), JSON)
        while served.queue.n_waiting == 0:
            time.sleep(0.005)
        connection.close()
        while served.queue.n_waiting:
            time.sleep(0.005)
        assert sum(map(len, served.engine.batches)) < 2000


def test_an_engine_that_fails_is_an_error_of_the_server(serve: Serve) -> None:
    with serve(plan=FakePlan(fail=lambda text: "坏" in text)) as served:
        status, answer = served.post("/translate", **(GOOD | {"q": "坏。"}))
        assert status == 500
        assert "told to fail" in answer["error"]
        assert served.post("/translate", **GOOD)[0] == 200


def test_a_mistake_of_ours_tells_no_text(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def detect(text: str) -> None:
        raise RuntimeError(text)

    monkeypatch.setattr("corpus.serve.api.detect", detect)
    with serve() as served:
        assert served.post("/detect", q="秘密")[0] == 500
    said = capsys.readouterr().err
    assert "/detect: RuntimeError" in said
    assert "秘密" not in said


def test_keys(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("# of the office\n0123456789ab  for Weblate\n\nanother-key-7\n", encoding="utf-8")
    with serve(keys=ApiKeys.read(tmp_path / "keys")) as served:
        client = LibreTranslateAPI(served.url, "0123456789ab")
        assert client.translate("你好。", "zh", "en") == "EN(你好。)[3]"
        assert client.languages()
        assert served.post("/translate", **GOOD)[0] == 400
        assert served.post("/translate", **GOOD, api_key="wrong-key-000") == (403, {"error": "Invalid API key"})
        assert served.post("/translate", **GOOD, api_key="for")[0] == 403
        assert served.post("/detect", q="你好", api_key="another-key-7")[0] == 200
        status, _, _ = served.ask("/detect", b'{"q": "a"}', JSON | {"Authorization": "Bearer another-key-7"})
        assert status == 200
        assert served.ask("/frontend/settings")[1]["keyRequired"]
        assert served.upload("a.txt", b"x", source="zh", target="en")[0] == 400


@pytest.mark.parametrize(("content", "error"), [(b"", "no key"), (b"short\n", "fewer than 8"), (b"\xff", "not UTF-8")])
def test_files_of_keys_that_are_none(tmp_path: Path, content: bytes, error: str) -> None:
    (tmp_path / "keys").write_bytes(content)
    with pytest.raises(InputError, match=error):
        ApiKeys.read(tmp_path / "keys")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "[::1"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:7", "Origin": "http://localhost:7"}, 200),
        ({"Host": "localhost:7", "Origin": "http://localhost:8"}, 403),
    ],
)
def test_a_page_of_another_site_is_refused(served: Served, headers: dict[str, str], status: int) -> None:
    assert served.ask("/health", headers=headers)[0] == status


def test_a_server_for_other_machines_has_any_name(serve: Serve) -> None:
    with serve(hosts=None) as served:
        assert served.ask("/health", headers={"Host": "translate.example"})[0] == 200
