"""What an evaluation found: its rows, their scores by concept and by data set, and CACP's memorisation probe."""

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from statistics import fmean

from procure_kit.concepts.table import CONCEPTS
from procure_kit.evaluation.judging import SIDES
from procure_kit.evaluation.metrics import WHOLE, Triple, dataset_of, interval, ratio_interval
from procure_kit.evaluation.row_metrics import row_metrics, row_sums
from procure_kit.problems.markdown import hundredths, table

PASSES = ("passed", "passed_in_own_process")
VERDICTS = (*PASSES, "tests_fail", "timeout", "memory", "crashed", "unparsable")  # on the program; others are on none
OWN = " (--own-process, or own_process=True, lets such tests run)"
NAMED = 10  # failing references
OPERATORS = (("==", "!="), (">", "<="), ("<", ">="))


@dataclass(frozen=True)
class Report:
    """The verdicts of one evaluation: a row a pair, with `original` and `counterfactual` as lists of passes.

    A row of a whole function has no `counterfactual`.
    """

    rows: tuple[dict, ...]
    k: tuple[int, ...]
    left_out: int = 0  # pairs for which CACP has no cut point, or problems without a sample
    faults: tuple[str, ...] = ()  # why a server gave nothing for a pair, which is asked again with the same record

    def scores(self, concept: str | None = None, dataset: str | None = None) -> dict[str, Triple]:
        """Each metric as (value, low, high), with a 95 % interval over problems (metrics.py). None: all together."""
        rows = self.chosen(concept, dataset)
        tasks = sorted({row["task_id"] for row in rows})
        return {name: ratio_interval(row_sums(rows, tasks, *parts)) for name, parts in self.metrics.items()}

    def chosen(self, concept: str | None, dataset: str | None = None) -> list[dict]:
        return [r for r in self.rows if concept in (None, r["concept"]) and dataset in (None, dataset_of(r))]

    @property
    def metrics(self) -> dict:
        return row_metrics(self.k, all("counterfactual" in row for row in self.rows))

    @property
    def concepts(self) -> list[str]:
        return [concept for concept in (WHOLE, *CONCEPTS) if any(row["concept"] == concept for row in self.rows)]

    @property
    def datasets(self) -> list[str]:
        return sorted(set(map(dataset_of, self.rows)))

    def statuses(self) -> Counter[str]:
        """How many completions came out with each status; none for rows that an older version recorded."""
        return Counter(status for row in self.rows for side in SIDES for status in row.get(f"statuses_{side}", ()))

    def unjudged(self) -> dict[str, dict[str, list[str]]]:
        """Statuses that say nothing about the completion, each with its tasks and their reasons."""
        found: dict[str, dict[str, list[str]]] = {}
        for row in self.rows:
            for side in SIDES:
                told = zip(row.get(f"statuses_{side}", ()), row.get(f"details_{side}", ()), strict=False)
                for status, detail in told:
                    if status not in VERDICTS:
                        found.setdefault(status, {}).setdefault(row["task_id"], []).append(detail)
        return found

    def failing_references(self) -> dict[str, str]:
        """The tasks whose own solution does not pass by the same tests, and what becomes of it."""
        told = {row["task_id"]: row["reference"] for row in self.rows if row.get("reference")}
        return {task: what for task, what in told.items() if what.partition(":")[0] not in PASSES}

    def notes(self) -> list[str]:
        """What a reader must know beside the table: samples by status, those without a verdict and why, problems whose
        reference fails, and the first score without both."""
        lines = []
        if counts := self.statuses():
            lines.append("Completions by status: " + ", ".join(f"{n} {s}" for s, n in counts.most_common()) + ".")
        unjudged, failing = self.unjudged(), self.failing_references()
        for status, tasks in unjudged.items():
            (task, details), number = next(iter(tasks.items())), sum(map(len, tasks.values()))
            told = f"No verdict, `{status}`: {number} completions of {_problems(tasks)}, which count as not passed"
            lines.append(f"{told}. {task}: {details[0]}" + (OWN if status == "needs_own_process" else ""))
        for task, what in list(failing.items())[:NAMED]:
            lines.append(f"The reference of {task} does not pass its own tests ({what}): no completion can.")
        if len(failing) > NAMED:
            lines.append(f"So it is with {len(failing) - NAMED} more problems (`reference` in the rows).")
        without = set(failing).union(*unjudged.values())
        kept = tuple(row for row in self.rows if row["task_id"] not in without)
        if without and kept:
            rest = replace(self, rows=kept)
            name, score = next(iter(rest.scores().items()))
            lines.append(f"Without {_problems(without)}: {name} {hundredths(*score, '.0f', '–')}.")
        return lines

    def memorisation(self) -> list[dict]:
        """CACP's probe: how a flip from one relational operator to its complement changes the accuracy, each way.

        A row for each operator an original tests by: pairs, accuracy of both sides, and the paired drop, as triples. A
        model that understands loses nothing either way; one that remembers loses where the form becomes the rarer one.
        """
        probe = []
        for form, complement in [way for pair in OPERATORS for way in (pair, pair[::-1])]:
            both = (row for row in self.rows if "counterfactual" in row)
            rows = [row for row in both if tuple(row.get("operators") or ()) == (form, complement)]
            if rows:
                means = [(row["task_id"], fmean(row["original"]), fmean(row["counterfactual"])) for row in rows]
                found = {"from": form, "to": complement, "pairs": len(rows)}
                found["original"] = _by_task((task, a) for task, a, _ in means)
                found["counterfactual"] = _by_task((task, b) for task, _, b in means)
                probe.append(found | {"drop": _by_task(((task, a - b) for task, a, b in means), least=-1)})
        return probe

    def to_markdown(self) -> str:
        """A row a concept, and with several data sets a row for each of theirs: value and 95 % interval in per cent."""
        several = self.datasets if len(self.datasets) > 1 else []
        head = [*(["data set"] if several else []), "concept", "pairs", *self.metrics]
        lines = []
        for dataset in [*several, None]:
            for concept in [*self.concepts, None]:
                if rows := self.chosen(concept, dataset):
                    cells = [hundredths(*score, ".0f", "–") for score in self.scores(concept, dataset).values()]
                    first = [dataset or "all"] if several else []
                    lines.append([*first, concept or "all", len(rows), *cells])
        return table(head, lines)

    def _repr_markdown_(self) -> str:
        table = self.to_markdown().replace("–", "\u2060–\u2060")  # no interval is broken at its dash
        return "\n\n".join([table, *self.notes()])

    def to_json(self) -> str:
        """Scores, by concept and by data set, the probe, and the rows; null where a metric has no value."""
        whole = {"scores": {concept or "all": _plain(self.scores(concept)) for concept in [*self.concepts, None]}}
        whole["datasets"] = {dataset: _plain(self.scores(None, dataset)) for dataset in self.datasets}
        probe = [
            row | _plain({s: row[s] for s in ("original", "counterfactual", "drop")}) for row in self.memorisation()
        ]
        whole |= {"memorisation": probe, "left_out": self.left_out, "faults": self.faults}
        whole |= {"statuses": self.statuses(), "failing_references": self.failing_references()}
        return json.dumps(whole | {"rows": self.rows}, indent=1)


def _problems(tasks: Collection[str]) -> str:
    return "1 problem" if len(tasks) == 1 else f"{len(tasks)} problems"


def _plain(scores: dict[str, Triple]) -> dict[str, list[float | None]]:
    """JSON has no nan."""
    return {name: [None if x != x else x for x in triple] for name, triple in scores.items()}


def _by_task(values: Iterable[tuple[str, float]], least: float = 0.0) -> Triple:
    groups: dict[str, list[float]] = {}
    for task, value in values:
        groups.setdefault(task, []).append(value)
    return interval([groups[task] for task in sorted(groups)], least)
