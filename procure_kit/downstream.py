"""Does understanding carry over? Program repair, defect detection and choosing a docstring, on functions with tests.

    python -m procure_kit.downstream tiny --arms plain both --seeds 1     # before and after tuning, paired

repair: a line was mutated so that the tests fail; the model writes that line anew, the rest of the function stays, and
the tests judge. defect: which of two versions of a function is wrong, by likelihood of what follows their common
beginning; chance is 1/2. summary: which of four docstrings belongs to a function, by likelihood of its body under each;
chance is 1/4. The paper leaves downstream tasks open; all three are our construction.
"""

import argparse
import random
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from procure_kit.choices import RIVALS, defects, summaries
from procure_kit.completion import complete
from procure_kit.concepts import PAPER_CONCEPTS, perturb
from procure_kit.counterfactual import NotApplicable
from procure_kit.cuts import Cut
from procure_kit.likelihoods import likelihoods
from procure_kit.markdown import hundredths
from procure_kit.metrics import Triple, interval
from procure_kit.problems import Problem, load_problems
from procure_kit.runner import run_many
from procure_kit.wrong_lines import broken

CHANCE = {"repair": 0.0, "defect": 1 / 2, "summary": 1 / (1 + RIVALS)}


def perturbed(problems: Iterable[Problem], seed: int = 0) -> list[Problem]:
    """The problems with their solutions rewritten by one concept that applies, drawn by the seed; without one, left."""
    found = []
    for problem in problems:
        for concept in random.Random(f"{seed} {problem.task_id}").sample(PAPER_CONCEPTS, len(PAPER_CONCEPTS)):
            with suppress(NotApplicable):
                program = perturb(problem.program, concept, seed=seed).counterfactual
                if program.startswith(problem.prompt):
                    found.append(replace(problem, canonical_solution=program[len(problem.prompt) :]))
                    break
    return found


def downstream(
    model, tokenizer, problems: Iterable[Problem], *, seed: int = 0, max_new_tokens: int = 48, workers: int = 2
) -> list[dict]:
    """A row for each task and problem: task, task_id and right. Greedy; functions with tests are needed."""
    problems = list(problems)
    mutants = list(broken(problems, seed, workers))
    choices = [*defects(mutants), *summaries(problems, seed)]
    options = [option for choice in choices for option in choice.options]
    scores = iter(likelihoods(model, tokenizer, options))
    rows = []
    for choice in choices:
        right, *others = (next(scores) for _ in choice.options)
        rows.append({"task": choice.task, "task_id": choice.task_id, "right": right > max(others)})
    cuts, rests = [], []
    for problem, line, _ in mutants:
        lines = problem.program.split("\n")
        cuts.append(Cut("\n".join(lines[: line - 1]), "", -1))
        rests.append("\n" + "\n".join(lines[line:]))
    texts = complete(model, tokenizer, cuts, max_new_tokens=max_new_tokens, batch_size=16)
    written = ["\n".join(text.split("\n")[:2]) for (text,) in texts]  # to the end of the line
    jobs = [(c.prefix + w + rest, m[0]) for c, w, rest, m in zip(cuts, written, rests, mutants, strict=True)]
    for (problem, *_), result in zip(mutants, run_many(jobs, workers), strict=True):
        rows.append({"task": "repair", "task_id": problem.task_id, "right": result.passed})
    return rows


def accuracies(rows: Iterable[dict]) -> dict[str, Triple]:
    """By task, with a 95 % interval over problems."""
    rows = list(rows)
    return {
        task: interval([[row["right"]] for row in rows if row["task"] == task])
        for task in CHANCE
        if any(row["task"] == task for row in rows)
    }


def gains(before: Iterable[dict], after: Iterable[dict]) -> dict[str, Triple]:
    """`after` minus `before` by task, on the problems that both have, with a 95 % interval over problems.

    Rows of several seeds may stand one after the other: a problem's are resampled together.
    Raises: ValueError when they have nothing in common.
    """
    sides = []
    for rows in (before, after):
        found: dict[tuple, list[bool]] = {}
        for row in rows:
            found.setdefault((row["task"], row["task_id"]), []).append(row["right"])
        sides.append({key: sum(right) / len(right) for key, right in found.items()})
    common = sorted(set(sides[0]) & set(sides[1]))
    if not common:
        raise ValueError("the two have no task in common")
    tasks = [task for task in CHANCE if any(key[0] == task for key in common)]
    return {task: interval([[sides[1][k] - sides[0][k]] for k in common if k[0] == task]) for task in tasks}


def main(argv: list[str] | None = None) -> None:
    from procure_kit.experiments import Recipe, arm_named, tuned
    from procure_kit.models import load_model

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help='"tiny", or any name that load_model knows')
    parser.add_argument("--arms", nargs="*", default=[], help="of the experiments: tuned, and compared with the model")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    parser.add_argument("--split", default="family", choices=("composition", "family"), help="of the world's held-out")
    parser.add_argument("--limit", type=int, default=60, help="problems")
    args = parser.parse_args(argv)
    written = [p for p in load_problems("world") if p.task_id.split("/")[1] == args.split][: args.limit]
    forms = {"as written": written, "perturbed": perturbed(written)}
    model, tokenizer = load_model(args.model)
    before = {form: downstream(model, tokenizer, problems) for form, problems in forms.items()}
    for form, rows in before.items():
        for task, (value, low, high) in accuracies(rows).items():
            count, chance = sum(row["task"] == task for row in rows), 100 * CHANCE[task]
            ends = f"{100 * low:.0f} to {100 * high:.0f}, {count} problems; chance {chance:.0f}"
            print(f"{args.model}, {form}: {task} {100 * value:.0f} % ({ends})")
    for name in args.arms:
        after: dict[str, list[dict]] = {form: [] for form in forms}
        for seed in range(args.seeds):
            model, tokenizer, _ = tuned(arm_named(name), Recipe(model=args.model, steps=args.steps), seed)
            for form, problems in forms.items():
                after[form] += downstream(model, tokenizer, problems)
        for form, rows in after.items():
            for task, gain in gains(before[form], rows).items():
                print(f"{name} − {args.model}, {form}: {task} {hundredths(*gain, '+.1f')} points")


if __name__ == "__main__":
    main()
