"""How many counterfactuals of a set are valid, beside what the paper and its authors' data say."""

from collections.abc import Iterable
from math import sqrt

from procure_kit.concepts.table import CONCEPTS
from procure_kit.problems import markdown
from procure_kit.problems.counterfactual import VALID, Counterfactual

PUBLISHED = (  # what, successes and attempts, or the share alone
    ("the paper (arXiv 2508.12620), all sets", None, None, 97.51),
    ("its authors' data, HumanEval", 491, 496, None),
    ("its authors' data, MBPP", 3114, 3298, None),
)


class SuccessTable(list):
    """Rows of (what, valid, counterfactuals, share in per cent, low, high), which a notebook shows as a table."""

    def _repr_markdown_(self) -> str:
        head = ["counterfactuals of", "valid", "of", "per cent", "95 % interval"]
        rows = [
            (what, valid or "–", total or "–", f"{share:.2f}", "–" if low is None else f"{low:.1f} to {high:.1f}")
            for what, valid, total, share, low, high in self
        ]
        return markdown.table(head, rows, right=head[1:])

    __repr__ = _repr_markdown_


def success_table(judged: Iterable[Counterfactual], name: str) -> SuccessTable:
    """The share of valid ones for each concept and together, then the published shares.

    judged: counterfactuals with their verdict's status. The interval is Wilson's, with the number of problems for n:
    several counterfactuals of one problem count as one observation.
    """
    judged = list(judged)
    table = SuccessTable()
    for concept in [*CONCEPTS, None]:
        rows = [cf for cf in judged if concept in (None, cf.concept)]
        if rows:
            valid, problems = sum(cf.status in VALID for cf in rows), len({cf.task_id for cf in rows})
            what = f"{concept or 'all concepts'}, {name} ({problems} problems)"
            low, high = wilson(valid / len(rows), problems)
            table.append((what, valid, len(rows), 100 * valid / len(rows), 100 * low, 100 * high))
    for what, valid, total, share in PUBLISHED:
        table.append((what, valid, total, share or 100 * valid / total, None, None))
    return table


def wilson(share: float, number: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share among `number` observations: never narrower than so few can tell."""
    z = 1.96  # standard deviations of a normal distribution that hold 95 % of it
    middle = (share + z * z / (2 * number)) / (1 + z * z / number)
    half = z * sqrt(share * (1 - share) / number + z * z / (4 * number * number)) / (1 + z * z / number)
    return max(0.0, middle - half), min(1.0, middle + half)
