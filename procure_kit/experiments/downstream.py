"""Does understanding carry over? Program repair, defect detection and choosing a docstring, before and after tuning.

    python -m procure_kit.experiments.downstream --arms untuned originals plain --point 3000000

The models are those that `curves.runs` keeps at a point, the functions the held-out ones that it scores them on.

repair: a line was mutated so that the tests fail; the model writes that line anew, the rest of the function stays, and
the tests judge. defect: which of two versions of a function is wrong, by likelihood of what follows their common
beginning; chance is 1/2. summary: which of four docstrings belongs to a function, by likelihood of its body under each;
chance is 1/4. Every model is one row, appended when it is done; the same command goes on where it stopped.
"""

import argparse
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from procure_kit.errors import one_sentence
from procure_kit.evaluation.completion import complete
from procure_kit.evaluation.crossed import difference, share, stacked, tally
from procure_kit.evaluation.metrics import Triple, interval
from procure_kit.experiments.curves.arms import LOSSES, UNTUNED
from procure_kit.experiments.curves.problems import SPLITS, family_of, scored_problems
from procure_kit.experiments.curves.results import AT
from procure_kit.experiments.curves.runs import kept_models
from procure_kit.experiments.downstream_tasks import RIVALS, Option, broken, defects, perturbed, summaries
from procure_kit.problems import markdown
from procure_kit.problems.markdown import hundredths
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import append_row, read_rows
from procure_kit.running.runner import run_many
from procure_kit.shipped import NEW_RESULTS
from procure_kit.training.cuts import Cut

CHANCE = {"repair": 0.0, "defect": 1 / 2, "summary": 1 / (1 + RIVALS)}
FORMS = ("as written", "perturbed")
PAIRS = (("originals", UNTUNED), ("plain", "originals"), *((arm, "plain") for arm in LOSSES))


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


def verdicts(model, tokenizer, forms: dict[str, Sequence[Problem]]) -> dict[str, dict[str, str]]:
    """By form and task a figure for each problem: 1 right, 0 wrong, - where the task cannot be made of it."""
    found: dict[str, dict[str, str]] = {}
    for form, problems in forms.items():
        right = {
            (row["task"], row["task_id"]): str(int(row["right"])) for row in downstream(model, tokenizer, problems)
        }
        found[form] = {task: "".join(right.get((task, p.task_id), "-") for p in problems) for task in CHANCE}
    return found


def run_all(out: Path, arms: Iterable[str], point: int, state: Path, limit: int) -> None:
    """Append a row for each model at hand that `out` lacks.

    Raises: ValueError when `out` is of other problems or another point.
    """
    from procure_kit.training.models import load_model

    models, problems = kept_models(arms, point, state), scored_problems("report", limit, limit)
    forms, asked = {"as written": problems, "perturbed": perturbed(problems)}, [p.task_id for p in problems]
    kept = list(read_rows(out, required=("arm",))) if out.exists() else []
    if any(row.get("problems") != asked or row["point"] not in (0, point) for row in kept):
        raise ValueError(f"{out} holds runs on other problems or of another point; name a new file")
    done = {(row["arm"], row["seed"]) for row in kept}
    for arm, seed, model in tqdm(models, desc="models"):
        if (arm, seed) not in done:
            row = {"arm": arm, "seed": seed, "point": 0 if arm == UNTUNED else point, "problems": asked}
            append_row(out, row | {"verdicts": verdicts(*load_model(model), forms)})


def array(of_seed: dict[int, dict], seeds: Iterable[int], split: str, form: str, task: str) -> np.ndarray:
    """(F, S, 2): families of a split, seeds, how many answers are right and how many there are. For a seed that is not
    there the first stands: the untuned model has but one."""
    found = []
    for row in (of_seed.get(seed, of_seed[min(of_seed)]) for seed in seeds):
        answers = zip(row["problems"], row["verdicts"][form][task], strict=True)
        of_split = ((problem, right) for problem, right in answers if problem.split("/")[1] == split and right != "-")
        found.append(tally((family_of(problem), int(right)) for problem, right in of_split))
    return stacked(found)


def table(rows: Iterable[dict]) -> str:
    """Each arm's share of right answers, in per cent, with its number of seeds, and what an arm differs by from the one
    that it is compared with, in points; 95 % intervals over families of problems, and over seeds where it has some."""
    arms: dict[str, dict[int, dict]] = {}
    for row in rows:
        arms.setdefault(row["arm"], {})[row["seed"]] = row
    pairs = {pair: seeds for pair in PAIRS if set(pair) <= set(arms) and (seeds := in_common(arms, pair))}
    lines = []
    for asked in product(SPLITS, FORMS, CHANCE):
        levels = [array(of_seed, of_seed, *asked) for of_seed in arms.values()]
        gains = [difference(*(array(arms[arm], seeds, *asked) for arm in pair)) for pair, seeds in pairs.items()]
        cells = [hundredths(*share(level)[:3], ".0f") for level in levels]
        cells += [hundredths(*gain[:3], "+.1f") for gain in gains]
        lines.append([*asked, int(levels[0][:, 0, 1].sum()), f"{100 * CHANCE[asked[-1]]:.0f}", *cells])
    shown = [f"{arm} ({len(of_seed)})" for arm, of_seed in arms.items()]
    head = ["split", "functions", "task", "problems", "chance", *shown, *(" − ".join(pair) for pair in pairs)]
    return markdown.table(head, lines)


def in_common(arms: dict[str, dict[int, dict]], pair: tuple[str, str]) -> list[int]:
    """The seeds that both arms have; the untuned model is one for all."""
    return sorted(set.intersection(*(set(arms[arm]) for arm in pair if arm != UNTUNED)))


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arms", nargs="+", default=[UNTUNED, "originals", "plain"])
    parser.add_argument("--point", type=int, default=AT, help="tokens of tuning, whose weights are there")
    parser.add_argument("--state", type=Path, default=Path("runs/curves"), help="what curves.runs wrote")
    parser.add_argument("--limit", type=int, default=0, help="problems of each split; 0: all")
    parser.add_argument("--out", type=Path, default=NEW_RESULTS / "downstream_tiny.jsonl")
    args = parser.parse_args(argv)
    with one_sentence(parser):
        run_all(args.out, args.arms, args.point, args.state, args.limit)
        text = table(read_rows(args.out, required=("arm",)))
        args.out.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()
