"""Pairs kept in the explorer find their problems, and code of one's own is one."""

from dataclasses import replace

import pytest

import procure_kit as pk
from procure_kit.problems.rows import append_row
from procure_kit.training.examples import build_examples
from procure_kit.training.kept import kept_pairs
from tests.training.test_examples import byte_tokenizer

OWN = "def f(x: int):\n    if x > 0:\n        y = 1\n    else:\n        y = 2\n    return y\n"


def test_valid_pairs_train_whether_they_are_of_the_set_or_ones_own(tmp_path):
    path = tmp_path / "kept.jsonl"
    problem = next(p for p in pk.load_problems("kit") if p.task_id == "kit/38")
    of_set = pk.perturb(problem.program, "if_else_flip", task_id="kit/38")
    own = pk.perturb(OWN, "if_else_flip", task_id="own")
    for cf, status in ((of_set, "valid"), (own, "valid"), (own, "valid"), (of_set, "tests_fail")):
        append_row(path, replace(cf, status=status).to_row())
    pairs = kept_pairs(path, "kit")
    assert [(cf.task_id, problem.entry_point) for cf, problem in pairs] == [("kit/38", "percent_bar"), ("own", "f")]
    examples, counts = build_examples(byte_tokenizer(), pairs, max_length=4096, template="plain")
    assert counts["left_out"] == counts["cut_off"] == 0 and all(any(row["changed"]) for row in examples[:1])


def test_a_file_without_a_valid_pair_is_named(tmp_path):
    path = tmp_path / "kept.jsonl"
    append_row(path, pk.perturb(OWN, "if_else_flip", task_id="own").to_row())
    with pytest.raises(ValueError, match="kept.jsonl holds no valid pair"):
        kept_pairs(path, "kit")
