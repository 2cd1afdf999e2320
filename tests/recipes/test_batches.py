from __future__ import annotations

from pathlib import Path

import numpy as np

from recipes.zh_en_mini.batches import BatchSettings, Variants, collate, cut, epoch, read_variants
from recipes.zh_en_mini.shards import Ragged, Shard, load, save

SETTINGS = BatchSettings(n_tokens=512, weights={"news": 2.0}, short=12, split_source=0.3)


def test_a_shard_comes_back_as_it_was_written(made: Path, tmp_path: Path) -> None:
    shard = load(made / "shards" / "train.ids")
    save(shard, tmp_path / "again.ids")
    again = load(tmp_path / "again.ids")
    assert np.array_equal(again.source.flat, shard.source.flat)
    assert np.array_equal(again.target.starts, shard.target.starts)
    assert np.array_equal(again.groups, shard.groups)


def test_every_pair_is_in_an_epoch_as_often_as_its_weight_says(made: Path) -> None:
    shard, variants = load(made / "shards" / "train.ids"), read_variants(made / "vocab")
    _, batches = epoch(shard, variants, 0, SETTINGS, 256)
    times = np.bincount(np.concatenate(batches), minlength=len(shard))
    assert set(times[shard.groups == 0]) == {2}
    assert set(times[shard.groups != 0]) == {1}


def test_batches_fit_and_short_ones_come_first(made: Path) -> None:
    shard, variants = load(made / "shards" / "train.ids"), read_variants(made / "vocab")
    drawn, batches = epoch(shard, variants, 0, SETTINGS, 256)
    longest = []
    for rows in batches:
        batch = collate(drawn, rows, 999)
        assert max(batch.source.numel(), batch.decoder.numel()) <= SETTINGS.n_tokens
        longest.append(max(drawn.source.lengths[rows].max(), drawn.target.lengths[rows].max()))
    is_long = [each > SETTINGS.short for each in longest]
    assert is_long == sorted(is_long)


def test_an_epoch_is_the_same_in_every_run_and_differs_from_the_next(made: Path) -> None:
    shard, variants = load(made / "shards" / "train.ids"), read_variants(made / "vocab")
    (first, rows), (again, same), (_, others) = (epoch(shard, variants, index, SETTINGS, 256) for index in (3, 3, 4))
    assert np.array_equal(first.source.flat, again.source.flat)
    assert all(np.array_equal(a, b) for a, b in zip(rows, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(rows, others, strict=False))


def test_collate_shifts_the_target_and_points_at_real_tokens() -> None:
    shard = Shard(Ragged.of([[5, 6, 0], [7, 0]]), Ragged.of([[8, 0], [9, 10, 0]]), np.zeros(2, np.uint8))
    batch = collate(shard, [0, 1], 99)
    assert batch.source[:, :3].tolist() == [[5, 6, 0], [7, 0, 99]]
    assert batch.mask.sum().item() == 5
    assert batch.decoder[:, :3].tolist() == [[99, 8, 0], [99, 9, 10]]
    assert batch.labels.tolist() == [8, 0, 9, 10, 0]
    assert batch.decoder.flatten()[batch.picked].tolist() == [99, 8, 99, 9, 10]


def test_cutting_keeps_rows_apart_and_spells_the_same() -> None:
    halves = (np.array([0, 1, 3, 3, 4], np.uint16), np.array([0, 1, 4, 3, 4], np.uint16))
    variants = Variants(*halves, digits=np.zeros(0, np.uint16))
    rows = Ragged.of([[1, 2, 0], [2, 2, 2, 0], [3, 0]])
    whole = cut(rows, variants, 1.0, 100, np.random.default_rng(0))
    assert [whole[i].tolist() for i in range(3)] == [[1, 3, 4, 0], [3, 4, 3, 4, 3, 4, 0], [3, 0]]
    bounded = cut(rows, variants, 1.0, 5, np.random.default_rng(0))
    assert bounded[1].tolist() == [2, 2, 2, 0]


def test_a_split_spells_its_piece(made: Path) -> None:
    import json

    ids = json.loads((made / "vocab" / "vocab.json").read_text(encoding="utf-8"))
    pieces = {index: piece for piece, index in ids.items()}
    variants = read_variants(made / "vocab")
    split = [index for index in range(len(ids)) if variants.first[index] != index]
    assert split
    assert all(pieces[variants.first[i]] + pieces[variants.second[i]] == pieces[i] for i in split)


def test_the_vocabulary_knows_every_character_and_folds_both_scripts(made: Path) -> None:
    import json

    import sentencepiece

    ids = json.loads((made / "vocab" / "vocab.json").read_text(encoding="utf-8"))
    assert ids["</s>"] == 0
    assert ids["<pad>"] == len(ids) - 1 == max(ids.values())
    source = sentencepiece.SentencePieceProcessor(model_file=str(made / "vocab" / "source.spm"))
    assert all(piece in ids and piece != "<unk>" for piece in source.encode("😀𠮷ꙮ learn 買電腦", out_type=str))
    assert source.encode("老師買電腦　１２") == source.encode("老师买电脑 12")
    assert source.encode("乾") != source.encode("干")
    assert "12" not in ids
    target = sentencepiece.SentencePieceProcessor(model_file=str(made / "vocab" / "target.spm"))
    assert target.decode_pieces(target.encode("Naïve 😀", out_type=str)) == "Naïve 😀"
