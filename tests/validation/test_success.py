"""The table of success rates: shares, intervals, and the published figures beside them."""

from dataclasses import replace

import pytest

from procure_kit.problems.counterfactual import Counterfactual
from procure_kit.validation.success import success_table, wilson

ROW = {"task_id": "t", "concept": "if_else_flip", "original": "a", "counterfactual": "b"}
CF = Counterfactual.from_row(ROW)


def judged(concept: str, valid: int, others: int) -> list[Counterfactual]:
    statuses = ["valid"] * valid + ["tests_too_weak"] * others
    return [replace(CF, task_id=f"t/{n}", concept=concept, status=status) for n, status in enumerate(statuses)]


def test_shares_of_each_concept_and_together():
    table = success_table(judged("if_else_flip", 9, 1) + judged("independent_swap", 5, 5), "kit")
    assert [row[:4] for row in table[:3]] == [
        ("if_else_flip, kit (10 problems)", 9, 10, 90.0),
        ("independent_swap, kit (10 problems)", 5, 10, 50.0),
        ("all concepts, kit (10 problems)", 14, 20, 70.0),
    ]
    assert [round(row[3], 2) for row in table[3:]] == [97.51, 98.99, 94.42]
    assert "| if_else_flip, kit (10 problems) | 9 | 10 | 90.00 | 59.6 to 98.2 |" in table._repr_markdown_()


@pytest.mark.parametrize(
    "share, number, interval", [(0.5, 10, (0.2366, 0.7634)), (1, 40, (0.9124, 1)), (0, 1, (0, 0.7935))]
)
def test_wilsons_interval(share, number, interval):
    assert wilson(share, number) == pytest.approx(interval, abs=1e-4)
