"""Does understanding carry over? Program repair, defect detection and choosing a docstring, before and after tuning.

    OMP_NUM_THREADS=1 python -m procure_kit.experiments.downstream --arms plain both --seeds 3

repair: a line was mutated so that the tests fail; the model writes that line anew, the rest of the function stays, and
the tests judge. defect: which of two versions of a function is wrong, by likelihood of what follows their common
beginning; chance is 1/2. summary: which of four docstrings belongs to a function, by likelihood of its body under each;
chance is 1/4. Every run is one row, appended when it is done; the same command goes on where it stopped.
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from tqdm.auto import tqdm

from procure_kit.errors import one_sentence
from procure_kit.evaluation.completion import complete
from procure_kit.evaluation.metrics import Triple, interval
from procure_kit.experiments.downstream_tasks import RIVALS, Option, broken, defects, perturbed, summaries
from procure_kit.problems import markdown
from procure_kit.problems.markdown import hundredths
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import append_row, read_rows
from procure_kit.running.runner import run_many
from procure_kit.shipped import NEW_RESULTS
from procure_kit.training.cuts import Cut
from procure_kit.validation.problem_names import load_problems

CHANCE = {"repair": 0.0, "defect": 1 / 2, "summary": 1 / (1 + RIVALS)}


def likelihoods(model, tokenizer, options: Sequence[Option], batch_size: int = 16) -> list[float]:
    """The summed log-probability of each option's text, given what comes before it; a token over the border counts."""
    import torch

    order = sorted(range(len(options)), key=lambda i: sum(map(len, options[i])))
    scores = [0.0] * len(options)
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        rows = [tokenizer("".join(options[i]), return_offsets_mapping=True) for i in batch]
        width = max(len(row["input_ids"]) for row in rows)
        tokens = [row["input_ids"] for row in rows]
        pads = [[0] * (width - len(row)) for row in tokens]  # behind, where no token of the text looks
        ids = torch.tensor([row + pad for row, pad in zip(tokens, pads, strict=True)], device=model.device)  # (B, N)
        ones = [[1] * len(row) + pad for row, pad in zip(tokens, pads, strict=True)]
        mask = torch.tensor(ones, device=model.device)
        with torch.inference_mode():
            logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1].float()  # (B, N - 1, V)
        chosen = logits.log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]  # (B, N - 1)
        for place, i in enumerate(batch):
            border = len(options[i][0].rstrip())
            counts = [end > border for _, end in rows[place]["offset_mapping"]][1:]
            scores[i] = float(chosen[place, : len(counts)][torch.tensor(counts, device=model.device)].sum())
    return scores


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
    return {task: interval([[sides[1][k] - sides[0][k]] for k in common if k[0] == task], least=-1) for task in tasks}


def run_all(out: Path, model: str, arms: Iterable[str], seeds: int, steps: int, problems: Sequence[Problem]) -> None:
    """Append each run that `out` lacks: the model as it is, and tuned by each arm and seed.

    Raises: ValueError when `out` holds runs of other settings.
    """
    from procure_kit.experiments.runs import Recipe, arm_named, tuned

    forms = {"as written": list(problems), "perturbed": perturbed(problems)}
    settings = {"model": model, "steps": steps, "problems": [problem.task_id for problem in problems]}
    kept = list(read_rows(out, required=("arm",))) if out.exists() else []
    if any({name: row[name] for name in settings} != settings for row in kept):
        raise ValueError(f"{out} holds runs of another model, problems or number of steps; name a new file")
    done = {(row["arm"], row["seed"]) for row in kept}
    wanted = [("untuned", 0), *((arm, seed) for seed in range(seeds) for arm in arms)]
    for arm, seed in tqdm([run for run in wanted if run not in done], desc="runs"):
        network, tokenizer, _ = tuned(arm_named(arm), Recipe(model=model, steps=steps), seed)
        found = {form: downstream(network, tokenizer, chosen) for form, chosen in forms.items()}
        append_row(out, {"arm": arm, "seed": seed, **settings, "rows": found})


def table(runs: Iterable[dict]) -> str:
    """A Markdown table: the untuned model's scores, in per cent, and what each arm gains on them, in points, both with
    95 % intervals over problems."""
    rows: dict[str, dict[str, list[dict]]] = {}
    for run in runs:
        for form, found in run["rows"].items():
            rows.setdefault(run["arm"], {}).setdefault(form, []).extend(found)
    before = rows.pop("untuned")
    levels, columns = [], [(form, task) for form in before for task in accuracies(before[form])]
    for form, task in columns:
        count = sum(row["task"] == task for row in before[form])
        score = hundredths(*accuracies(before[form])[task])
        changes = [hundredths(*gains(before[form], found[form])[task], "+.1f") for found in rows.values()]
        levels.append([form, task, count, f"{100 * CHANCE[task]:.0f}", score, *changes])
    arms = [f"{arm} − untuned" for arm in rows]
    return markdown.table(["functions", "task", "problems", "chance", "untuned", *arms], levels)


def main(argv: list[str] | None = None) -> None:
    from procure_kit.experiments.runs import Recipe, arm_named

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="tiny", help="any name that load_model knows")
    parser.add_argument("--arms", nargs="*", default=["plain", "both"], help="of the experiments")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    parser.add_argument("--split", default="family", choices=("composition", "family"), help="of the world's held-out")
    parser.add_argument("--limit", type=int, default=60, help="problems")
    parser.add_argument("--out", type=Path, help=f"default: {NEW_RESULTS / 'downstream_MODEL.jsonl'}")
    args = parser.parse_args(argv)
    with one_sentence(parser):
        for arm in args.arms:
            arm_named(arm)  # before anything is trained
        out = args.out or NEW_RESULTS / f"downstream_{Path(args.model).name}.jsonl"
        problems = [p for p in load_problems("world") if p.task_id.split("/")[1] == args.split][: args.limit]
        run_all(out, args.model, args.arms, args.seeds, args.steps, problems)
        text = table(read_rows(out, required=("arm",)))
        out.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()
