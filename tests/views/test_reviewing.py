"""Reviewing by hand, without a browser: what each key does, and what is saved and found again."""

import json
from dataclasses import replace

import pytest

import procure_kit as pk
from procure_kit.problems.rows import read_rows
from procure_kit.views import screenshot

SOURCE = "def f(x):\n    if x < '<b>':\n        return 1\n    else:\n        return 2\n"
PAIRS = [
    replace(pk.perturb(SOURCE, "if_else_flip", task_id=f"t/{n}"), status=s)
    for n, s in enumerate(("valid", "", "tests_fail"))
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "review.jsonl"


def test_a_decision_is_saved_and_the_next_open_pair_shown(path):
    box = pk.review(PAIRS, path)
    assert "1 of 3: t/0, if_else_flip: open" in box.line and "&lt;b&gt;" in box.pair and "<b>'" not in box.pair
    box.act("accept")
    assert "2 of 3" in box.line and "1 accepted, 0 rejected, 2 open" in box.line
    box.act("reject", "the branch is <lost>")
    (first, second) = read_rows(path)
    assert first["decision"] == "accept" and second["note"] == "the branch is <lost>"
    assert first["counterfactual"] == PAIRS[0].counterfactual and box.accepted == PAIRS[:1]


def test_a_review_goes_on_where_it_stopped(path):
    pk.review(PAIRS, path).act("reject", "why")
    with path.open("a") as file:
        file.write('{"decision": "acc')  # killed while it wrote
    with pytest.warns(UserWarning, match="review.jsonl:2"):
        box = pk.review(PAIRS, path)
    assert "2 of 3" in box.line
    box.act("accept")
    box.act("accept")
    assert "2 accepted, 1 rejected, all decided" in box.line
    assert box.agreement() == {("reject", "valid"): 1, ("accept", "not validated"): 1, ("accept", "tests_fail"): 1}


def test_the_last_decision_counts(path):
    box = pk.review(PAIRS, path)
    box.act("accept", "looks right")
    box.act("back")
    assert "t/0" in box.line and "accepted" in box.line and box.note == "looks right"
    box.act("reject")
    assert [row["decision"] for row in read_rows(path)] == ["accept", "reject"]
    assert pk.review(PAIRS, path).decision(PAIRS[0]) == "reject"


def test_a_note_without_a_decision_is_there_when_one_comes_back(path):
    box = pk.review(PAIRS, path)
    box.act("next", "is the test negated?")
    assert box.note == "" and not path.exists()
    box.act("back")
    assert box.note == "is the test negated?"
    box.act("accept", "it is")
    box.act("back", "")
    assert box.note == "it is"


def test_arrows_go_round_and_other_keys_do_nothing(path):
    box = pk.review(PAIRS, path)
    box.act("back")
    assert box.number == 2
    box.act("next")
    box.act("dance")
    assert box.number == 0 and not path.exists()


def test_a_decision_on_another_pair_is_not_this_ones(path):
    pk.review(PAIRS[:1], path).act("accept")
    changed = replace(PAIRS[0], counterfactual=PAIRS[0].counterfactual + "# other\n")
    assert pk.review([changed], path).decision(changed) == ""


def test_what_cannot_be_saved_is_said_and_not_decided(tmp_path):
    box = pk.review(PAIRS, tmp_path / "missing" / "review.jsonl")
    box.act("accept")
    assert "not saved" in box.line and box.number == 0 and box.accepted == []


@pytest.mark.parametrize("row, message", [
    (PAIRS[0].to_row() | {"decision": "maybe"}, "accept or reject"),
    ({"decision": "accept"}, "'task_id' is missing"),
])  # fmt: skip
def test_a_bad_row_is_named_and_the_others_count(path, row, message):
    path.write_text(json.dumps(row) + "\n")
    with pytest.warns(UserWarning, match=f"review.jsonl:1: .*{message}"):
        assert pk.review(PAIRS, path).decided == {}


def test_rows_serve_as_well_and_those_without_a_pair_are_left_out(path):
    rows = [pair.to_row() for pair in PAIRS] + [PAIRS[0].to_row() | {"status": "not_applicable"}]
    assert pk.review(rows, path).pairs == PAIRS
    with pytest.raises(ValueError, match="no pair to review"):
        pk.review(rows[3:], path)


def test_where_widgets_do_not_run_there_is_a_picture(path, monkeypatch):
    monkeypatch.delenv("PLOTLY_RENDERER", raising=False)
    box = pk.review(PAIRS, path)
    shown, _ = box._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in shown and "t/0" in shown["text/html"]
    monkeypatch.setenv("PLOTLY_RENDERER", "plotly_mimetype+png")
    monkeypatch.setattr(screenshot, "screenshot", lambda html, *size: html.encode())
    shown, metadata = box._repr_mimebundle_()
    assert b"t/0" in shown["image/png"] and "t/0" in metadata["image/png"]["alt"]


def test_a_review_begins_anew_and_what_was_decided_is_kept(path):
    for number in (1, 2):
        box = pk.review(PAIRS, path, anew=True)
        assert not box.decided
        box.act("accept")
        assert len(list(path.parent.glob(f"{path.stem}.*{path.suffix}"))) == number - 1
    assert pk.review(PAIRS, path).decided and path.with_name(f"{path.stem}.1{path.suffix}").is_file()
