"""Renamings of one program: all different, judged one by one, and counted as steady or voted right."""

import pytest

from procure_kit.evaluation.crossed import share
from procure_kit.experiments.curves import renamings
from procure_kit.experiments.curves.problems import scored_problems
from procure_kit.training.models import load_model


def row(verdicts: dict[str, str]) -> dict:
    return {
        "arm": "a",
        "seed": 0,
        "point": 1_000_000,
        "verdicts": {f"world/family/{name}/{i}": v for i, (name, v) in enumerate(verdicts.items())},
    }


def test_a_program_is_renamed_as_often_as_asked_or_not_at_all():
    problem = scored_problems("report", 1, 1)[0]
    found = renamings.renamings(problem, 5)
    assert len({cf.counterfactual for cf in found}) == 5
    assert renamings.renamings(problem.__class__("t", "def f():\n", "    return 1\n", "", "f"), 5) == []


def test_steady_is_passing_the_original_and_the_first_renamings():
    rows = [row({"a": "1111", "b": "1101", "c": "0111", "d": "1000", "e": "1111"})]

    def mean(of) -> float:
        return share(renamings.sums(rows, "family", of)).value

    assert [mean(renamings.steady(k)) for k in (0, 1, 2, 3)] == [0.8, 0.6, 0.4, 0.4]
    assert mean(renamings.renamed) == pytest.approx((1 + 2 / 3 + 1 + 0 + 1) / 5)
    assert mean(renamings.voted) == 0.8  # b: two of three, d: none


@pytest.mark.slow
def test_every_renaming_is_judged_after_its_original():
    found = renamings.verdicts(*load_model("tiny"), scored_problems("report", 2, 1), 3)
    assert found and all(len(passed) == 4 and set(passed) <= {"0", "1"} for passed in found.values())


def test_the_table_has_a_line_for_each_arm_and_split():
    rows = [row({name: "1" * 10 for name in "abcde"})]
    rows[0]["verdicts"] |= {f"world/composition/{name}/9": "0" * 10 for name in "abcde"}
    lines = renamings.table(rows).splitlines()
    assert len(lines) == 4 and lines[2].startswith("| a | 1 | 1 | composition | 0 (")
    assert lines[3].count("100 (") == 6


def test_a_renaming_is_held_against_a_vote_of_the_untuned_model():
    untuned = row({name: "1" + "110" * 3 for name in "abcde"}) | {"arm": "untuned"}  # every vote is right
    tuned = [row({name: "1" * 10 if name == "a" else "0" * 10 for name in "abcde"}) | {"seed": seed} for seed in (0, 1)]
    lines = [line for line in renamings.table([untuned, *tuned]).splitlines() if "| family |" in line]
    assert [line.split("|")[-2].split()[0] for line in lines] == ["-33.3", "-80.0"]


def test_a_file_of_other_rows_is_refused(tmp_path, capsys):
    (tmp_path / "runs.jsonl").write_text('{"arm": "plain", "seed": 0, "point": 100, "verdicts": {"original": "1"}}\n')
    with pytest.raises(SystemExit):
        renamings.main(["--arms", "untuned", "--out", str(tmp_path / "runs.jsonl")])
    assert "holds rows of another kind" in capsys.readouterr().err
