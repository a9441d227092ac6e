"""Which programs of the sets that are trained on are near-copies of HumanEval's, which models are scored on.

    python -m tests.proofs.near_copies

The RULE is about functions, those inside of others and of classes too. It knows no problem by its statement: no task of
CodeI/O shares thirteen words in a row with one of HumanEval's, and CRUXEval has none. The loader leaves out what the
file written here names (`near_copies=True` keeps it); the nearest that are not left out stand there as well.
"""

import ast
import builtins
import io
import json
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator

from procure_kit.problems.problem import Problem
from procure_kit.problems.sets import NEAR_COPIES
from procure_kit.validation.problem_names import load_problems

LENGTH, SHARE, NEAREST = 8, 0.6, 0.4
RULE = (
    f"A program is a near-copy when one of its functions shares its runs of {LENGTH} tokens with a function of a "
    f"reference program of HumanEval: of all different runs of the two, at least {SHARE:.0%} are in both. Before, "
    "docstrings, annotations, decorators and comments go, and every name but a built-in becomes its number in the "
    "order of first appearance."
)
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def functions(program: str) -> Iterator[tuple[str, set]]:
    """The name of each function, and its runs of tokens."""
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.FunctionDef):
            yield node.name, runs(plain(node))


def plain(function: ast.FunctionDef) -> str:
    """The function's code without its own words."""
    (tree,) = ast.parse(ast.unparse(function)).body
    numbers: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, DEFINITIONS):
            node.decorator_list = []
            if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:] or [ast.Pass()]
    for node in in_order(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.name, node.returns = number(node.name, numbers), None
        elif isinstance(node, ast.arg):
            node.arg, node.annotation = number(node.arg, numbers), None
        elif isinstance(node, ast.Name) and not hasattr(builtins, node.id):
            node.id = number(node.id, numbers)
    return ast.unparse(tree)


def in_order(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for inner in ast.iter_child_nodes(node):
        yield from in_order(inner)


def number(name: str, numbers: dict[str, str]) -> str:
    return numbers.setdefault(name, f"v{len(numbers)}")


def runs(code: str) -> set[tuple[str, ...]]:
    tokens = [token.string for token in tokenize.generate_tokens(io.StringIO(code).readline) if token.string.strip()]
    return {tuple(tokens[start : start + LENGTH]) for start in range(max(1, len(tokens) - LENGTH + 1))}


class Known:
    """Functions that others are compared with."""

    def __init__(self, problems: list[Problem]):
        self.all = [(problem.task_id, *found) for problem in problems for found in functions(problem.program)]
        self.having = defaultdict(list)
        for place, (_, _, parts) in enumerate(self.all):
            for run in parts:
                self.having[run].append(place)

    def nearest(self, program: str) -> dict | None:
        """{"function", "of", "its", "share"}: the pair of functions that share most."""
        best = None
        for name, parts in functions(program):
            shared = Counter(place for run in parts for place in self.having.get(run, ()))
            for place, count in shared.items():
                of, its, known = self.all[place]
                share = count / len(parts | known)
                if best is None or share > best["share"]:
                    best = {"function": name, "of": of, "its": its, "share": share}
        return best


def main() -> None:
    known = Known(load_problems("humaneval"))
    report = {"command": "python -m tests.proofs.near_copies", "rule": RULE, "left out": {}, "nearest kept": {}}
    for name in ("codeio", "cruxeval"):
        found = {p.task_id: known.nearest(p.program) for p in load_problems(name, near_copies=True)}
        found = {task_id: best for task_id, best in found.items() if best and best["share"] >= NEAREST}
        for task_id, best in sorted(found.items(), key=lambda item: -item[1]["share"]):
            kind = "left out" if best["share"] >= SHARE else "nearest kept"
            report[kind].setdefault(name, {})[task_id] = best | {"share": round(best["share"], 2)}
    NEAR_COPIES.write_text(json.dumps(report, indent=1) + "\n")
    print({kind: {name: len(part) for name, part in report[kind].items()} for kind in ("left out", "nearest kept")})


if __name__ == "__main__":
    main()
