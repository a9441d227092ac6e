"""What is scored: two parts that share no family, and no family that training knows as a whole."""

import pytest

from procure_kit.experiments.curves.problems import CHOICE, family_of, scored_pairs, scored_problems
from procure_kit.world.compose import FAMILIES, HELD_OUT_FAMILIES


def test_the_parts_share_no_family_and_are_all_of_the_held_out_problems():
    choice, report = ({family_of(p.task_id) for p in scored_problems(part)} for part in ("choice", "report"))
    assert choice <= CHOICE and not choice & report
    assert len(scored_problems("choice")) + len(scored_problems("report")) == 420
    assert CHOICE.issubset(FAMILIES) and len(CHOICE & set(HELD_OUT_FAMILIES)) == 3


def test_sizes_are_those_asked_for_and_pairs_are_the_same_at_every_call():
    few = scored_problems("report", composition=3, family=2)
    assert [p.task_id.split("/")[1] for p in few] == ["composition"] * 3 + ["family"] * 2
    pairs = scored_pairs("report", 3, 2)
    assert {problem.task_id for _, problem in pairs} <= {p.task_id for p in few}
    assert [cf.counterfactual for cf, _ in scored_pairs.__wrapped__("report", 3, 2)] == [
        cf.counterfactual for cf, _ in pairs
    ]


def test_another_part_is_refused():
    with pytest.raises(ValueError, match='"choice" and "report", not \'train\''):
        scored_problems("train")
