"""What local models write for MBPP's test problems: the programs of a set of verdicts.py, kept in data/results.

    python -m tests.proofs.written                  # asks only for what is not kept yet; a quarter of an hour of CPU

Each model gets the problem's text and the head of the function, `def name(`, and writes the rest twice: `tiny` (the
kit's own) for every second problem, SmolLM2-135M for every fifth of the first 300.
"""

from collections.abc import Iterator
from pathlib import Path

from procure_kit.evaluation.completion import complete
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import append_row, read_rows
from procure_kit.shipped import RESULTS
from procure_kit.training.cuts import Cut
from procure_kit.validation.problem_names import load_problems

WRITTEN = RESULTS / "mbpp_written.jsonl"
ASKED = {"tiny": slice(0, None, 2), "smollm2": slice(0, 300, 5)}  # which of the problems
SAMPLES, TOKENS, BATCH = 2, 96, 10


def head(problem: Problem) -> Cut:
    """Where the model goes on: the function ends at the next line at the margin."""
    return Cut(f"{problem.prompt}def {problem.entry_point}(", "\n", 0)


def write(name: str, model, tokenizer, problems: list[Problem], path: Path) -> None:
    """Add rows {"model", "task_id", "completions"} for the problems that have none by this model."""
    kept = {(row["model"], row["task_id"]) for row in read_rows(path)} if path.exists() else set()
    todo = [problem for problem in problems if (name, problem.task_id) not in kept]
    for start in range(0, len(todo), BATCH):
        batch = todo[start : start + BATCH]
        cuts = [head(problem) for problem in batch]
        texts = complete(model, tokenizer, cuts, samples=SAMPLES, max_new_tokens=TOKENS, batch_size=BATCH)
        for problem, completions in zip(batch, texts, strict=True):
            append_row(path, {"model": name, "task_id": problem.task_id, "completions": completions})


def programs(path: Path) -> Iterator[tuple[str, Problem]]:
    """(program, problem) for all that is kept."""
    problems = {problem.task_id: problem for problem in load_problems("mbpp")}
    for row in read_rows(path):
        cut = head(problems[row["task_id"]])
        for text in row["completions"]:
            yield cut.prefix + text + cut.suffix, problems[row["task_id"]]


def main() -> None:
    from procure_kit.training.models import load_model

    problems = load_problems("mbpp")
    for name, which in ASKED.items():
        write(name, *load_model(name), problems[which], WRITTEN)
        print(name, sum(row["model"] == name for row in read_rows(WRITTEN)), "problems")


if __name__ == "__main__":
    main()
