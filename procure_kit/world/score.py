"""Score a model on the world's held-out problems: whole functions, and from the cut points before and after.

    python -m procure_kit.world.score tiny --out data/tiny/scores.json

Greedy pass@1. Intervals are 95 % bootstrap intervals over problems; a drop is paired, original minus counterfactual.
"""

import argparse
import json
from pathlib import Path

from procure_kit.concepts import PAPER_CONCEPTS, perturb
from procure_kit.counterfactual import Counterfactual, NotApplicable
from procure_kit.evaluation import evaluate, evaluate_whole
from procure_kit.metrics import interval
from procure_kit.problems import DATA, Problem, load_problems

HELD_OUT = DATA / "world_heldout.jsonl"
SPLITS = ("composition", "family")


def pairs_of(problems: list[Problem]) -> list[tuple[Counterfactual, Problem]]:
    """One counterfactual of each of the paper's concepts that applies, strict mode, for each problem, whose number
    is the seed."""
    pairs = []
    for seed, problem in enumerate(problems):
        for concept in PAPER_CONCEPTS:
            try:
                pairs.append((perturb(problem.program, concept, seed=seed, task_id=problem.task_id), problem))
            except NotApplicable:
                continue
    return pairs


def whole_functions(model, tokenizer, problems: list[Problem]) -> list[bool]:
    """Whether the model's greedy solution from the prompt alone passes, problem by problem."""
    report = evaluate_whole(model, tokenizer, problems, k=(1,), samples=1, max_new_tokens=160, batch_size=16)
    return [row["original"][0] for row in report.rows]


def score(model, tokenizer, problems: list[Problem]) -> dict:
    """Pass@1 of whole functions, and from the cut points by concept: pairs, original, counterfactual, drop.

    Every figure is [value, low, high].
    """
    whole = whole_functions(model, tokenizer, problems)
    report = evaluate(model, tokenizer, pairs_of(problems), k=(1,), samples=1, max_new_tokens=96, batch_size=16)
    rows = [(r["task_id"], r["concept"], r["original"][0], r["counterfactual"][0]) for r in report.rows]
    scores = {"problems": len(problems), "whole_function": interval([[passed] for passed in whole])}
    for concept in (None, *PAPER_CONCEPTS):
        chosen = [row for row in rows if concept in (None, row[1])]
        tasks: dict[str, list[tuple[bool, bool]]] = {}
        for task, _, original, counterfactual in chosen:
            tasks.setdefault(task, []).append((original, counterfactual))
        groups = list(tasks.values())
        scores[concept or "all"] = {
            "pairs": len(chosen),
            "original": interval([[a for a, _ in group] for group in groups]),
            "counterfactual": interval([[b for _, b in group] for group in groups]),
            "drop": interval([[a - b for a, b in group] for group in groups]),
        }
    return scores


def table(scores: dict) -> str:
    """The scores as a Markdown table, in per cent."""
    lines = ["| held out | concept | pairs | original | counterfactual | drop |", "| --- " * 6 + "|"]
    for split, part in scores.items():
        value, low, high = (100 * x for x in part["whole_function"])
        lines.append(f"| {split} | whole function | {part['problems']} | {value:.0f} ({low:.0f} to {high:.0f}) | | |")
        for concept in ("all", *PAPER_CONCEPTS):
            cells = []
            for name in ("original", "counterfactual", "drop"):
                value, low, high = (100 * x for x in part[concept][name])
                cells.append(f"{value:.0f} ({low:.0f} to {high:.0f})")
            lines.append(f"| {split} | `{concept}` | {part[concept]['pairs']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    from procure_kit.models import load_model

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help='"tiny", a folder, or any name that load_model knows')
    parser.add_argument("--problems", type=Path, default=HELD_OUT)
    parser.add_argument("--limit", type=int, help="problems of each split; default: all")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    model, tokenizer = load_model(arguments.model)
    problems = load_problems(arguments.problems)
    scores = {}
    for split in SPLITS:
        chosen = [problem for problem in problems if problem.task_id.split("/")[1] == split][: arguments.limit]
        scores[split] = score(model, tokenizer, chosen)
    if arguments.out:
        arguments.out.write_text(json.dumps(scores, indent=1) + "\n")
    print(table(scores))


if __name__ == "__main__":
    main()
