"""Models made up on the spot, and a model hub on the loopback to fetch one from.

Which model a test takes:

- none is opened (a fake engine, a signature): ``LocalModel(get_spec("zh-en-mini"), Path())``, the embedded model's
  entry without its files, since hashing those takes a tenth of a second each time.
- *a* MarianMT of any kind: ``tiny_marian``, or ``make_marian`` for another shape.
- one whose outputs end by themselves and depend on the source, and that reads 512 tokens: ``copier``. It was taught
  in a second or two to write its source again, and mostly does.
- what holds of real weights only (English, the tokens of transformers): the embedded model, ``mini``, with a handful of
  sentences; more of them, or each engine on it, are marked slow.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from translate.marian.find import locate
from translate.marian.model import LocalModel
from translate.marian.vocabulary import MarianVocabulary

TEXT = [
    "今天天气很好，我们去公园散步。",
    "The weather is fine today, and we take a walk in the park.",
    "0123456789 ABC xyz",
]


SENTENCES = (Path(__file__).parent / "engines" / "sentences.txt").read_text("utf-8").splitlines()


def random_weights(config: dict[str, Any], *, pad_row_is_zero: bool = True) -> dict[str, Any]:
    """Weights of MarianMTModel by name, drawn with a fixed seed; embeddings shared and positions left out."""
    import torch

    generator = torch.Generator().manual_seed(7)
    width = config["d_model"]

    def draw(*shape: int) -> Any:
        return torch.randn(*shape, generator=generator) * 0.3

    weights = {"model.shared.weight": draw(config["vocab_size"], width)}
    weights["final_logits_bias"] = torch.zeros(1, config["vocab_size"])
    if pad_row_is_zero:
        weights["model.shared.weight"][config["pad_token_id"]] = 0
    for side in ("encoder", "decoder"):
        inner = config[f"{side}_ffn_dim"]
        for layer in range(config[f"{side}_layers"]):
            prefix = f"model.{side}.layers.{layer}"
            attentions = ["self_attn"] if side == "encoder" else ["self_attn", "encoder_attn"]
            for attention in attentions:
                for part in ("k", "v", "q", "out"):
                    weights[f"{prefix}.{attention}.{part}_proj.weight"] = draw(width, width)
                    weights[f"{prefix}.{attention}.{part}_proj.bias"] = draw(width)
            for norm in [*(f"{attention}_layer_norm" for attention in attentions), "final_layer_norm"]:
                weights[f"{prefix}.{norm}.weight"] = torch.ones(width)
                weights[f"{prefix}.{norm}.bias"] = torch.zeros(width)
            weights |= {f"{prefix}.fc1.weight": draw(inner, width), f"{prefix}.fc1.bias": draw(inner)}
            weights |= {f"{prefix}.fc2.weight": draw(width, inner), f"{prefix}.fc2.bias": draw(width)}
    return weights


def marian_config(n_tokens: int, **changes: Any) -> dict[str, Any]:
    """A ``config.json`` with the pad token last, as Marian's always is."""
    tiny = {
        "architectures": ["MarianMTModel"],
        "model_type": "marian",
        "activation_function": "swish",
        "d_model": 16,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 32,
        "decoder_ffn_dim": 32,
        "vocab_size": n_tokens,
        "decoder_vocab_size": n_tokens,
        "max_position_embeddings": 64,
        "max_length": 64,
        "scale_embedding": True,
        "static_position_embeddings": True,
        "normalize_before": False,
        "normalize_embedding": False,
        "tie_word_embeddings": True,
        "share_encoder_decoder_embeddings": True,
        "is_encoder_decoder": True,
        "bad_words_ids": [[n_tokens - 1]],
        "decoder_start_token_id": n_tokens - 1,
        "pad_token_id": n_tokens - 1,
        "eos_token_id": 0,
        "bos_token_id": 0,
        "forced_eos_token_id": 0,
        "num_beams": 2,
    }
    return tiny | changes


def train_spm(path: Path, text: Sequence[str], n_pieces: int) -> list[str]:
    """Train a SentencePiece model into ``path``; returns its pieces."""
    import sentencepiece

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*text] * 4),
        model_prefix=str(path.with_suffix("")),
        vocab_size=n_pieces,
        hard_vocab_limit=False,
        minloglevel=2,
        num_threads=1,
    )
    path.with_suffix(".model").replace(path)
    path.with_suffix(".vocab").unlink()
    spm = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return [spm.id_to_piece(index) for index in range(spm.get_piece_size())]


def write_marian(
    folder: Path,
    *,
    safetensors: bool = True,
    pad_row_is_zero: bool = True,
    n_tokens: int = 0,
    text: Sequence[str] = TEXT,
    **config: Any,
) -> Path:
    """A whole MarianMT in transformers format; ``n_tokens`` fills the vocabulary up with unused ones."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    pieces = train_spm(folder / "source.spm", text, 40 * len(text))
    pieces += train_spm(folder / "target.spm", TEXT[1:], 60)
    tokens = list(dict.fromkeys(["</s>", "<unk>", *(piece for piece in pieces if piece != "<s>")]))
    tokens += [f"unused{index}" for index in range(len(tokens), n_tokens - 1)] + ["<pad>"]
    (folder / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(tokens)}), "utf-8")
    whole = marian_config(len(tokens), **config)
    (folder / "config.json").write_text(json.dumps(whole), "utf-8")
    weights = random_weights(whole, pad_row_is_zero=pad_row_is_zero)
    if safetensors:
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    else:
        torch.save(weights, folder / "pytorch_model.bin")
    return folder


@pytest.fixture(scope="session")
def tiny_marian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a MarianMT of some hundred tokens and random weights; do not change it."""
    return write_marian(tmp_path_factory.mktemp("models") / "tiny", safetensors=False)


def teach_to_copy(model: LocalModel, sentences: Sequence[str], n_steps: int) -> None:
    """Train the model to write its source again and replace its weights by what came of it."""
    import torch
    from safetensors.torch import save_file
    from transformers import MarianConfig, MarianMTModel

    torch.manual_seed(1)
    config = json.loads(model.file("config.json").read_text("utf-8"))
    network, pad_id = MarianMTModel(MarianConfig(**config, dropout=0.0)).train(), config["pad_token_id"]
    rows = [torch.tensor(ids) for ids in MarianVocabulary(model).encode(sentences)]
    sources = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=pad_id)
    table = network.get_input_embeddings().weight
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(n_steps):
        ids = sources[torch.randperm(len(rows))[:20]]
        labels = ids.masked_fill(ids == pad_id, -100)
        network(input_ids=ids, attention_mask=(ids != pad_id).long(), labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        with torch.no_grad():
            table[pad_id] = 0
    trained = network.state_dict()
    weights = {name: trained[name].clone() for name in random_weights(config)}
    save_file(weights, model.file("model.safetensors"), metadata={"format": "pt"})


@pytest.fixture(scope="session")
def copier(tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    """Two layers a side, 350 tokens, 512 positions; writes the sentences of ``sentences.txt`` again, with mistakes."""
    folder = tmp_path_factory.mktemp("models") / "copier"
    layers = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
    heads = {"encoder_attention_heads": 4, "decoder_attention_heads": 4}
    write_marian(folder, text=SENTENCES, max_position_embeddings=512, max_length=512, **layers, **heads)
    teach_to_copy(locate(str(folder)), SENTENCES, 80)
    return locate(str(folder))


@pytest.fixture(scope="session")
def mini() -> LocalModel:
    """The embedded model, with its real weights."""
    return locate("zh-en-mini")


@pytest.fixture(scope="session")
def make_marian() -> Callable[..., Path]:
    """`write_marian`, for tests that need another shape."""
    return write_marian


REPO, REVISION = "someone/tiny-zh-en", "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """A model hub on the loopback, as far as ``hf_hub_download`` needs one.

    Attributes:
        files: what it serves, by name.
        cuts: for a file, how often the connection is yet to be cut after half of what was asked for.
        gets: the files sent so far.
    """

    files: dict[str, bytes]
    cuts: dict[str, int] = field(default_factory=dict)
    gets: list[str] = field(default_factory=list)
    url: str = ""


def _handler(hub: Hub) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            name = self.path.removeprefix(f"/{REPO}/resolve/{REVISION}/")
            if name not in hub.files:
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = hub.files[name]
            etag = hashlib.sha256(body).hexdigest()
            start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
            self.send_response(206 if start else 200)
            self.send_header("ETag", f'"{etag}"')
            self.send_header("X-Repo-Commit", REVISION)
            self.send_header("Content-Length", str(len(body) - start))
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.end_headers()
            if with_body:
                self._send(name, body[start:])

        def _send(self, name: str, body: bytes) -> None:
            hub.gets.append(name)
            if hub.cuts.get(name, 0):
                hub.cuts[name] -= 1
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                self.close_connection = True
            else:
                self.wfile.write(body)

    return Handler


@pytest.fixture
def hub(tiny_marian: Path) -> Iterator[Hub]:
    """A hub that serves the tiny model."""
    hub = Hub({path.name: path.read_bytes() for path in tiny_marian.iterdir()})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        hub.url = f"http://127.0.0.1:{server.server_port}"
        yield hub
        server.shutdown()


@dataclass
class Machine:
    """A machine with empty caches that knows the tiny model as ``opus-mt-zh-en``."""

    env: dict[str, str]

    def python(self, code: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run code in a new process, since the hub's client reads its environment when it is imported."""
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env=self.env | env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def models_yaml(files: dict[str, bytes], name: str = "opus-mt-zh-en") -> str:
    """An entry that pins ``files``."""
    pins = {file: {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()} for file, body in files.items()}
    entry = {"repo": REPO, "revision": REVISION, "licence": "CC0-1.0", "source": "zh", "target": "en"}
    return yaml.safe_dump({name: entry | {"max_tokens": 64, "beam": 2, "files": pins}})


@pytest.fixture
def machine(hub: Hub, tmp_path: Path) -> Machine:
    models = tmp_path / "models.yaml"
    models.write_text(models_yaml(hub.files), "utf-8")
    env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    env.pop("HF_HUB_OFFLINE", None)
    return Machine(
        env
        | {
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(tmp_path / "hf"),
            "DUIZHAO_CACHE": str(tmp_path / "cache"),
            "DUIZHAO_MODELS": str(models),
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }
    )
