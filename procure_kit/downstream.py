"""Does understanding carry over? Program repair, defect detection and choosing a docstring, on functions with tests.

    python -m procure_kit.downstream tiny --arms plain both --seeds 1     # before and after tuning, paired

repair: a line was mutated so that the tests fail; the model writes that line anew, the rest of the function stays, and
the tests judge. defect: which of two versions of a function is wrong, by likelihood of what follows their common
beginning; chance is 1/2. summary: which of four docstrings belongs to a function, by likelihood of its body under each;
chance is 1/4. The paper leaves downstream tasks open; all three are our construction.
"""

import argparse
import ast
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from procure_kit.completion import complete
from procure_kit.concepts import PAPER_CONCEPTS, perturb
from procure_kit.counterfactual import NotApplicable
from procure_kit.cuts import SYMBOLS, Cut
from procure_kit.flip_check import COMPLEMENTS
from procure_kit.markdown import hundredths
from procure_kit.metrics import Triple, interval
from procure_kit.problems import Problem, load_problems
from procure_kit.runner import run_many

RIVALS = 3  # docstrings of other functions beside a function's own
CHANCE = {"repair": 0.0, "defect": 1 / 2, "summary": 1 / (1 + RIVALS)}
WORDS = SYMBOLS | {ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not"}
Option = tuple[str, str]  # what is given, and the text whose likelihood counts


@dataclass(frozen=True)
class Choice:
    """Options of which the first is right."""

    task: str
    task_id: str
    options: tuple[Option, ...]


def mutated_lines(program: str) -> list[tuple[int, str]]:
    """(line from 1, its wrong text): comparisons turned, integers raised by one, returned values dropped.

    Only the one place differs, so that nothing but the meaning tells the wrong line. Raises: SyntaxError.
    """
    lines, found = program.split("\n"), []
    for node in ast.walk(ast.parse(program)):
        if getattr(node, "lineno", 0) != getattr(node, "end_lineno", 0) or not hasattr(node, "lineno"):
            continue
        line = lines[node.lineno - 1].encode()
        edit = _edit(node, line)
        if edit:
            start, end, text = edit
            found.append((node.lineno, (line[:start] + text.encode() + line[end:]).decode()))
    return sorted(set(found))


def _edit(node: ast.AST, line: bytes) -> tuple[int, int, str] | None:
    """(first byte, byte behind, new text) in the node's line."""
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            start, end = left.end_col_offset, right.col_offset
            between, old = line[start:end].decode(), WORDS[type(operator)]
            new = WORDS[COMPLEMENTS[type(operator)]]
            return start, end, re.sub(rf"(?<![\w=<>!]){old.replace(' ', ' +')}(?![\w=])", new, between, count=1)
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            return value.col_offset, value.end_col_offset, "None"
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return node.col_offset, node.end_col_offset, str(number + 1)
    return None


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


def broken(problems: Iterable[Problem], seed: int = 0, workers: int = 2) -> Iterator[tuple[Problem, int, str]]:
    """Each function with one mutated line that its tests reject: (problem, line, its wrong text); others are left out.

    Tries three of its mutated lines, drawn by the seed.
    """
    tries = []
    for problem in problems:
        start = problem.prompt.rstrip().count("\n") + 1  # the statement is not the program's doing
        lines = [mutant for mutant in mutated_lines(problem.program) if mutant[0] > start]
        random.Random(f"{seed} {problem.task_id}").shuffle(lines)
        tries += [(problem, *mutant) for mutant in lines[:3]]
    jobs = [(_with_line(problem.program, line, text), problem) for problem, line, text in tries]
    seen = set()
    for found, result in zip(tries, run_many(jobs, workers), strict=True):
        if not result.passed and found[0].task_id not in seen:
            seen.add(found[0].task_id)
            yield found


def _with_line(program: str, line: int, text: str) -> str:
    lines = program.split("\n")
    return "\n".join([*lines[: line - 1], text, *lines[line:]])


def defects(mutants: Iterable[tuple[Problem, int, str]]) -> list[Choice]:
    """The original's text from the mutated line on against the mutant's, after the same beginning."""
    choices = []
    for problem, line, text in mutants:
        lines = problem.program.rstrip("\n").split("\n")
        given, rest = "\n".join(lines[: line - 1]), lines[line:]
        options = tuple((given, "\n" + "\n".join([version, *rest])) for version in (lines[line - 1], text))
        choices.append(Choice("defect", problem.task_id, options))
    return choices


def summaries(problems: Sequence[Problem], seed: int = 0) -> list[Choice]:
    """The body after the function's own docstring against the same body after those of RIVALS other functions.

    The others come from functions with as many parameters, as far as there are enough. A program without a docstring is
    left out.
    """
    known = {problem.task_id: found for problem in problems if (found := _docstring(problem))}
    choices = []
    for task_id, (head, own, body, arity) in known.items():
        rivals = [entry for other, entry in known.items() if other != task_id and entry[1] != own]
        random.Random(f"{seed} {task_id}").shuffle(rivals)
        rivals.sort(key=lambda entry: entry[3] != arity)
        texts = list(dict.fromkeys(entry[1] for entry in rivals))[:RIVALS]
        if len(texts) == RIVALS:
            options = tuple((head + text, body) for text in (own, *texts))
            choices.append(Choice("summary", task_id, options))
    return choices


def _docstring(problem: Problem) -> tuple[str, str, str, int] | None:
    """What stands before the docstring, the docstring, what follows it, and the number of parameters."""
    tree = ast.parse(problem.program)
    functions = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == problem.entry_point)
    function = next(functions, None)
    if function is None or ast.get_docstring(function) is None or len(function.body) < 2:
        return None
    node, lines = function.body[0], problem.program.rstrip("\n").split("\n")
    head = "\n".join([*lines[: node.lineno - 1], lines[node.lineno - 1].encode()[: node.col_offset].decode()])
    own = "\n".join(lines[node.lineno - 1 : node.end_lineno])[len(head.rpartition("\n")[2]) :]
    body = "\n" + "\n".join(lines[node.end_lineno : function.end_lineno])
    return head, own, body, len(function.args.args)


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
