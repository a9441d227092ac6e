"""For to while: a loop over a range counts by itself, and one over a list, tuple or string goes by index.

for i in range(n):         i = 0
    total += i        →    while i < n:
                               total += i
                               i += 1

It holds where the text proves the bounds to be ints, and nothing changes or still needs what counts. The end is worked
out once, as by `range`; a list that grows or shrinks meanwhile is asked for its length each round, as by `for`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.inference import kind
from procure_kit.analysis.scopes import Occurrence, Scope
from procure_kit.analysis.source_tree import children, one_line, walk
from procure_kit.analysis.statement_effects import may_finalize
from procure_kit.concepts.candidate import Candidate
from procure_kit.concepts.forms.lines import ODD, line_end, line_start, margin, next_line
from procure_kit.concepts.negation import outer
from procure_kit.problems.counterfactual import Edit

_SEQUENCES = {"list", "tuple", "str", "bytes", "range"}
_EXACT = cst.Add | cst.Subtract | cst.Multiply | cst.FloorDivide | cst.Modulo  # of two bools they make no bool


@dataclass(frozen=True)
class _Plan:
    """`head` stands before the loop; `test` is the while's; `first` and `last` come into its body."""

    head: str
    test: str
    first: str
    last: str
    soundness: str = "syntactic"


def find(analysis: Analysis, mode: str) -> Iterator[Candidate]:
    """Every `for` statement."""
    for block in analysis.blocks:
        for node in block.body:
            if isinstance(node, cst.For):
                span = analysis.tree.span(node)[0], outer(analysis, node.iter)[1]
                label = one_line(analysis.source[slice(*span)])
                plan = _refuse(analysis, node, block.scope) or _plan(analysis, node, mode)
                if isinstance(plan, str):
                    yield Candidate(analysis.tree.span(node), label, refused=plan)
                else:
                    rewrite = partial(_rewrite, analysis, node, plan)
                    yield Candidate(analysis.tree.span(node), label, rewrite, soundness=plan.soundness)


def _refuse(analysis: Analysis, node: cst.For, scope: Scope) -> str | None:
    if node.asynchronous is not None:
        return "an async for awaits each of its elements"
    if scope.kind != "function":
        return "outside of a function its counter would be a name that others can see"
    if any(isinstance(inner, cst.Continue) for inner in _of_this_loop(node.body)):
        return "a continue in its body would pass over the step to the next round"
    end = line_end(analysis.source, analysis.tree.span(node.body.body[-1])[1])
    if margin(analysis, node) is None or analysis.source[:end].endswith("\\"):
        return ODD
    if isinstance(node.body, cst.IndentedBlock) and margin(analysis, node.body.body[0]) is None:
        return ODD
    return analysis.reader(scope)


def _of_this_loop(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What is in a loop's body without the bodies of loops, functions and classes in it."""
    yield node
    for child in children(node):
        if isinstance(child, cst.For | cst.While):
            yield from _of_this_loop(child.orelse) if child.orelse is not None else ()
        elif not isinstance(child, cst.FunctionDef | cst.ClassDef):
            yield from _of_this_loop(child)


def _plan(analysis: Analysis, node: cst.For, mode: str) -> _Plan | str:
    if isinstance(node.iter, cst.Call) and analysis.is_builtin(node.iter.func) == "range":
        return _counting(analysis, node)
    if not isinstance(node.iter, cst.Name) or node.iter.lpar:
        return "it goes over an expression that would be evaluated in each round"
    if kind(analysis, node.iter) not in _SEQUENCES:
        return f"`{node.iter.value}` is not known to be a list, a tuple or a string"
    return _indexing(analysis, node)


# Over a range ---------------------------------------------------------------------------------------------------------
def _counting(analysis: Analysis, node: cst.For) -> _Plan | str:
    bounds = [arg.value for arg in node.iter.args]
    if not 1 <= len(bounds) <= 3 or any(arg.star or arg.keyword is not None for arg in node.iter.args):
        return "its range has other arguments than a start, an end and a step, each by itself"
    step = _literal(bounds[2]) if len(bounds) == 3 else 1
    if not step:
        return "its step is not written as a number"
    if refused := _counter_is_needed(analysis, node):
        return refused
    start, stop = (bounds[0], bounds[1]) if len(bounds) > 1 else (None, bounds[0])
    name, text = node.target.value, [_text(analysis, bound) for bound in bounds]
    if _stays(analysis, node, stop):
        end, head = text[-1 if len(bounds) < 3 else 1], f"{name} = {text[0] if start is not None else 0}"
    else:
        end = f"stop_{name}"
        if end in analysis.words:
            return f"the name `{end}` is taken"
        head = f"{name}, {end} = {text[0] if start is not None else 0}, {text[0 if start is None else 1]}"
    sure = (start is None or _is_int(analysis, start)) and kind(analysis, stop) == "int"
    sure = sure and not may_finalize(analysis, analysis.scopes.occurrence[node.target])
    last = f"{name} {'+' if step > 0 else '-'}= {abs(step)}"
    return _Plan(head, f"{name} {'<' if step > 0 else '>'} {end}", "", last, "syntactic" if sure else "tested")


def _literal(node: cst.BaseExpression) -> int:
    """The number that is written there; 0 for none."""
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        return -_literal(node.expression)
    return int(node.value, 0) if isinstance(node, cst.Integer) else 0


def _counter_is_needed(analysis: Analysis, node: cst.For) -> str | None:
    """Why the counter cannot be a plain variable that goes on to the end."""
    if not isinstance(node.target, cst.Name) or node.target.lpar:
        return "what it counts with is no plain name"
    target = analysis.scopes.occurrence[node.target]
    function, name = target.variable.scope, target.name
    if function.kind != "function" or not analysis.flow(function).covers(target.variable):
        return f"`{name}` can be seen from outside of the function"
    inside = _occurrences(analysis, node.body)
    for other in target.variable.occurrences:
        if other in inside and other.kind != "load":
            return f"`{name}` is given another value in the loop"
        elsewhere = other is not target and other not in inside and other.kind != "store"
        if elsewhere and target in analysis.flow(function).reaching(other)[0]:
            return f"line {analysis.tree.line(other.span[0])} still uses `{name}`, which would be one step further"
    return None


def _stays(analysis: Analysis, node: cst.For, stop: cst.BaseExpression) -> bool:
    """Whether the end of a range can be asked for anew in each round: a number, or a name that keeps its value."""
    if _literal(stop) or isinstance(stop, cst.Integer):
        return True
    if not isinstance(stop, cst.Name):
        return False
    variable = analysis.scopes.occurrence[stop].variable
    if variable.scope.kind != "function" or not analysis.flow(variable.scope).covers(variable):
        return False
    return variable is not analysis.scopes.occurrence[node.target].variable and _unchanged(analysis, node, variable)


def _is_int(analysis: Analysis, node: cst.BaseExpression) -> bool:
    """Whether it is an int and no bool: the loop's variable would be one, too."""
    if isinstance(node, cst.Integer):
        return True
    plain = isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus)
    sums = isinstance(node, cst.BinaryOperation) and isinstance(node.operator, _EXACT)
    length = isinstance(node, cst.Call) and analysis.is_builtin(node.func) in ("len", "ord")
    return (plain or sums or length) and kind(analysis, node) == "int"


# Over a sequence ------------------------------------------------------------------------------------------------------
def _indexing(analysis: Analysis, node: cst.For) -> _Plan | str:
    variable = analysis.scopes.occurrence[node.iter].variable
    if not _unchanged(analysis, node, variable) or variable in {
        o.variable for o in _occurrences(analysis, node.target)
    }:
        return f"`{node.iter.value}` is given another value in the loop"
    if not analysis.built_ins.means("len"):
        return "`len` may mean something else in this file"
    target = _text(analysis, node.target)
    at = f"at_{node.iter.value}"
    if at in analysis.words:
        return f"the name `{at}` is taken"
    xs = node.iter.value
    return _Plan(f"{at} = 0", f"{at} < len({xs})", f"{target} = {xs}[{at}]", f"{at} += 1")


def _unchanged(analysis: Analysis, node: cst.For, variable) -> bool:
    return all(o.kind == "load" for o in _occurrences(analysis, node.body) if o.variable is variable)


def _occurrences(analysis: Analysis, node: cst.CSTNode) -> set[Occurrence]:
    found = analysis.scopes.occurrence
    return {found[inner] for inner in walk(node) if inner in found}


def _text(analysis: Analysis, node: cst.CSTNode) -> str:
    return analysis.source[slice(*outer(analysis, node))]


# The edits ------------------------------------------------------------------------------------------------------------
def _rewrite(analysis: Analysis, node: cst.For, plan: _Plan, rng: Random) -> list[Edit]:
    source, before, newline = analysis.source, margin(analysis, node), analysis.tree.module.default_newline
    begin, end = line_start(source, analysis.tree.span(node)[0]), outer(analysis, node.iter)[1]
    edits = [Edit(begin, end, f"{before}{plan.head}{newline}{before}while {plan.test}")]
    first, last = (analysis.tree.span(node.body.body[k]) for k in (0, -1))
    if isinstance(node.body, cst.SimpleStatementSuite):
        if plan.first:
            edits.append(Edit(first[0], first[0], f"{plan.first}; "))
        return [*edits, Edit(last[1], last[1], f"; {plan.last}")]
    inner = margin(analysis, node.body.body[0])
    if plan.first:
        at = next_line(source, source.index(":", end))
        edits.append(Edit(at, at, f"{inner}{plan.first}{newline}"))
    at = line_end(source, last[1])
    return [*edits, Edit(at, at, f"{newline}{inner}{plan.last}")]
