"""Score a model on the world's held-out problems: whole functions, and from the cut points before and after.

    python -m procure_kit.experiments.scores tiny --out data/results/tiny_scores.json

Greedy pass@1. Intervals are 95 % bootstrap intervals over problems; a drop is paired, original minus counterfactual.
"""

import argparse
import json
from pathlib import Path

from procure_kit.concepts.table import PAPER_CONCEPTS
from procure_kit.errors import WHOLE, one_sentence
from procure_kit.evaluation.evaluation import evaluate, evaluate_whole
from procure_kit.evaluation.metrics import interval
from procure_kit.generation.rules import pairs_of
from procure_kit.problems.markdown import hundredths
from procure_kit.problems.problem import Problem
from procure_kit.shipped import DATA
from procure_kit.validation.problem_names import load_problems

HELD_OUT = DATA / "world_heldout.jsonl"
SPLITS = ("composition", "family")


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
            "drop": interval([[a - b for a, b in group] for group in groups], least=-1),
        }
    return scores


def table(scores: dict) -> str:
    """The scores as a Markdown table, in per cent."""
    lines = ["| held out | concept | pairs | original | counterfactual | drop |", "| --- " * 6 + "|"]
    for split, part in scores.items():
        whole = hundredths(*part["whole_function"], ".0f")
        lines.append(f"| {split} | whole function | {part['problems']} | {whole} | | |")
        for concept in ("all", *PAPER_CONCEPTS):
            cells = [hundredths(*part[concept][name], ".0f") for name in ("original", "counterfactual", "drop")]
            lines.append(f"| {split} | `{concept}` | {part[concept]['pairs']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    from procure_kit.training.models import load_model

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help='"tiny", a folder, or any name that load_model knows')
    parser.add_argument("--problems", type=Path, default=HELD_OUT)
    parser.add_argument("--limit", type=int, help="problems of each split; default: all")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args(argv)
    with one_sentence(parser, WHOLE):
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
