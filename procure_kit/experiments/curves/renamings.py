"""How many renamings of one program it takes until a model stumbles, and what voting over renamings does untrained.

    python -m procure_kit.experiments.curves.renamings --arms untuned originals plain both --point 1000000

Every problem is renamed several times (`variable_name_random`); the model goes on greedily from the same line of each.
A model is steady at k if it passes the original and the first k renamings. A vote takes the behaviour that most of the
renamings' completions share: where more than half of them pass, that is a right one, whatever the others do, so that
the share counted here is what voting reaches at the least.
"""

import argparse
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from procure_kit.concepts.perturbation import perturb
from procure_kit.errors import one_sentence
from procure_kit.evaluation.crossed import difference, share, stacked, tally
from procure_kit.evaluation.evaluation import evaluate
from procure_kit.experiments.curves.arms import UNTUNED
from procure_kit.experiments.curves.problems import SPLITS, family_of, scored_problems
from procure_kit.experiments.curves.runs import kept_models
from procure_kit.problems import markdown
from procure_kit.problems.counterfactual import Counterfactual, NotApplicable
from procure_kit.problems.markdown import hundredths
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import append_row, read_rows
from procure_kit.shipped import NEW_RESULTS
from procure_kit.training.cuts import cut_pair

TIMES = 9  # renamings of a problem; odd, so that a vote has no tie


def renamings(problem: Problem, times: int = TIMES) -> list[Counterfactual]:
    """`times` different renamings of a program with a cut point; none where there are fewer."""
    found: dict[str, Counterfactual] = {}
    with suppress(NotApplicable):
        for seed in range(2 * times):
            cf = perturb(problem.program, "variable_name_random", seed, task_id=problem.task_id)
            if cut_pair(cf):
                found.setdefault(cf.counterfactual, cf)
            if len(found) == times:
                return list(found.values())
    return []


def verdicts(model, tokenizer, problems: Sequence[Problem], times: int = TIMES) -> dict[str, str]:
    """{task_id: "1101…"}: whether the original passes, then each renaming."""
    pairs = [(cf, problem) for problem in problems for cf in renamings(problem, times)]
    report = evaluate(model, tokenizer, pairs, (1,), 1, max_new_tokens=96, batch_size=64, workers=1)
    found: dict[str, str] = {}
    for row in report.rows:
        start = found.get(row["task_id"], str(int(row["original"][0])))
        found[row["task_id"]] = start + str(int(row["counterfactual"][0]))
    return found


def renamed(passed: str) -> float:
    """The share of the renamings that pass."""
    return passed[1:].count("1") / (len(passed) - 1)


def voted(passed: str) -> bool:
    """Whether a vote over the renamings is right at the least."""
    return renamed(passed) > 1 / 2


def steady(k: int) -> Callable[[str], bool]:
    """Whether the original and the first k renamings all pass."""
    return lambda passed: "0" not in passed[: k + 1]


def sums(rows: Sequence[dict], split: str, of: Callable[[str], float]) -> np.ndarray:
    """(F, S, 2): families of a split, rows, and of the problems the sum of what `of` says of each, and the number."""
    found = []
    for row in rows:
        chosen = [(task, passed) for task, passed in row["verdicts"].items() if task.split("/")[1] == split]
        found.append(tally((family_of(task), of(passed)) for task, passed in chosen))
    return stacked(found)


def table(rows: Sequence[dict]) -> str:
    """Per cent by arm, point and split; and, in points, what a renaming lacks to a vote of the untuned model."""
    lines, untuned = [], [row for row in rows if row["arm"] == UNTUNED]
    for arm, point in dict.fromkeys((row["arm"], row["point"]) for row in rows):
        of_arm = [row for row in rows if (row["arm"], row["point"]) == (arm, point)]
        for split in SPLITS:
            shares = [share(sums(of_arm, split, of)) for of in (renamed, *map(steady, (0, 1, 3, TIMES)), voted)]
            cells = [hundredths(*each[:3], ".0f") for each in shares]
            if untuned:
                votes = sums(untuned * len(of_arm), split, voted)
                cells.append(hundredths(*difference(sums(of_arm, split, renamed), votes)[:3], "+.1f"))
            lines.append([arm, f"{point / 1e6:g}", len(of_arm), split, *cells])
    head = ["arm", "million tokens", "seeds", "split", "a renaming", "original", "and 1", "and 3", f"and all {TIMES}"]
    against = ["a renaming − vote of `untuned`"] if untuned else []
    return markdown.table([*head, "vote, at least", *against], lines)


def main(argv: list[str] | None = None) -> None:
    from procure_kit.training.models import load_model

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arms", nargs="+", default=["untuned", "originals", "plain"])
    parser.add_argument("--point", type=int, default=1_000_000, help="tokens of tuning, whose weights are there")
    parser.add_argument("--state", type=Path, default=Path("runs/curves"), help="what curves.runs wrote")
    parser.add_argument("--out", type=Path, default=NEW_RESULTS / "renamings_tiny.jsonl")
    args = parser.parse_args(argv)
    with one_sentence(parser):
        rows = list(read_rows(args.out, required=("arm",))) if args.out.exists() else []
        asked = {problem.task_id for problem in scored_problems("report")}
        if not all(set(row.get("verdicts", [""])) <= asked for row in rows):
            raise ValueError(f"{args.out} holds rows of another kind; name a new file")
        done = {(row["arm"], row["seed"], row["point"]) for row in rows}
        for arm, seed, model in kept_models(args.arms, args.point, args.state):
            point = 0 if arm == UNTUNED else args.point
            if (arm, seed, point) not in done:
                row = {"arm": arm, "seed": seed, "point": point}
                row["verdicts"] = verdicts(*load_model(model), scored_problems("report"))
                append_row(args.out, row)
                rows.append(row)
        args.out.with_suffix(".md").write_text(table(rows) + "\n", encoding="utf-8")
        print(table(rows))


if __name__ == "__main__":
    main()
