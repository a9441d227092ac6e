"""From a function's syntax to its control-flow graph: what each statement and expression evaluates, in which order."""

from collections.abc import Callable
from functools import partial

import libcst as cst

from procure_kit.analysis.depth import with_room
from procure_kit.analysis.evaluation_order import Evaluation
from procure_kit.analysis.flow import Assigned, Flow
from procure_kit.analysis.scopes import Scope, Scopes
from procure_kit.analysis.signatures import parameters
from procure_kit.analysis.source_tree import children, walk


@with_room
def build_flow(scopes: Scopes, function: Scope) -> Flow:
    """The graph of a function's own code. Bodies of functions, lambdas and classes in it, and of generators that
    are not consumed on the spot, run at other times and are not in it."""
    builder = _Statements(scopes, function)
    for param in parameters(function.node.params):
        builder.write(param.name)
    builder.visit(function.node.body)
    return builder.flow


class _Statements(Evaluation):
    def __init__(self, scopes: Scopes, function: Scope):
        super().__init__(scopes, function)
        self.jumps: list[dict[str, list[int]]] = []  # where `break` and `continue` go: to a loop or a `finally`

    def visit_If(self, node: cst.If) -> None:
        self.branch(node.test, node.body, node.orelse)

    def visit_Return(self, node: cst.Return) -> None:
        self.visit_all(children(node))
        self.ends = []

    visit_Raise = visit_Return

    def visit_Assert(self, node: cst.Assert) -> None:
        holds, self.ends = self.test(node.test)
        if node.msg is not None:
            self.visit(node.msg)
        self.ends = holds

    def visit_Break(self, node: cst.Break) -> None:
        self.jump("break")

    def visit_Continue(self, node: cst.Continue) -> None:
        self.jump("continue")

    def jump(self, kind: str) -> None:
        """Leave for the innermost loop, or for a `finally` on the way, which takes the jump up at its end."""
        self.jumps[-1][kind] += self.ends
        self.ends = []

    def visit_While(self, node: cst.While) -> None:
        head = self.event()
        self.ends, over = self.test(node.test)
        self.loop(node, head, over)

    def visit_For(self, node: cst.For) -> None:
        self.visit(node.iter)
        head = self.event()
        self.flow.heads[head] = node
        self.loop(node, head, [head])

    def loop(self, node: cst.For | cst.While, head: int, over: list[int]) -> None:
        jumps = {"break": [], "continue": []}
        self.jumps.append(jumps)
        if isinstance(node, cst.For):
            self.assign(node.target, Assigned("element", node.iter))
        self.visit(node.body)
        self.jumps.pop()
        self.ends = self.ends + jumps["continue"]
        self.link(head)
        self.ends = over
        if node.orelse is not None:
            self.visit(node.orelse)
        self.ends = self.ends + jumps["break"]

    def visit_With(self, node: cst.With) -> None:
        start, entry = len(self.flow.events), self.ends
        self.visit_all(node.items)
        self.visit(node.body)
        self.ends = self.ends + entry + self.since(start)  # a context manager may swallow an exception anywhere

    def visit_Try(self, node: cst.Try | cst.TryStar) -> None:
        if node.finalbody is None:
            self.handled(node)
        else:
            self.on_every_way_out(partial(self.handled, node), partial(self.visit, node.finalbody))

    def on_every_way_out(self, run: Callable[[], None], finish: Callable[[], None]) -> None:
        """What `finally` does: after a normal end, an exception, a return or a jump, which then goes on."""
        start, entry = len(self.flow.events), self.ends
        jumps = {"break": [], "continue": []}
        self.jumps.append(jumps)
        run()
        self.jumps.pop()
        self.ends = self.ends + entry + self.since(start)
        finish()
        after = self.ends
        for kind in jumps:
            if jumps[kind]:
                self.ends = after
                self.jump(kind)
        self.ends = after

    def handled(self, node: cst.Try | cst.TryStar) -> None:
        """A `try` up to its `finally`."""
        start, entry = len(self.flow.events), self.ends
        self.visit(node.body)
        raised = entry + self.since(start)
        if node.orelse is not None:
            self.visit(node.orelse)
        exits = self.ends
        for handler in node.handlers:
            begin, self.ends = len(self.flow.events), raised
            self.event()
            if handler.type is not None:
                self.visit(handler.type)
            raised = raised + self.ends
            if handler.name is None:
                self.visit(handler.body)
            else:
                self.visit(handler.name)  # bound now, and unbound at the handler's end whatever it was given since
                unbind = partial(self.write, handler.name.name, unbinds=True)
                self.on_every_way_out(partial(self.visit, handler.body), unbind)
            exits = exits + self.ends
            if isinstance(node, cst.TryStar):  # the next handler may take up the rest of the group
                raised = raised + self.since(begin)
        self.ends = exits

    visit_TryStar = visit_Try

    def visit_Match(self, node: cst.Match) -> None:
        self.visit(node.subject)
        exits = []
        for case in node.cases:
            start, entry = len(self.flow.events), self.ends
            self.visit_all(self.read_in(case.pattern))
            self.captures(case.pattern)  # bound when the whole pattern has matched
            if case.guard is not None:
                self.ends, _ = self.test(case.guard)
            fails = entry + self.since(start)  # the language allows a pattern that fails to bind some names
            if case.guard is None and isinstance(case.pattern, cst.MatchAs) and case.pattern.pattern is None:
                fails = []  # `case x` and `case _` take all
            self.visit(case.body)
            exits = exits + self.ends
            self.ends = fails
        self.ends = exits + self.ends

    def read_in(self, pattern: cst.MatchPattern) -> list[cst.Name]:
        """The names that a pattern compares with."""
        names = [node for node in walk(pattern) if node in self.scopes.occurrence]
        return [name for name in names if self.scopes.occurrence[name].kind == "load"]

    def captures(self, pattern: cst.CSTNode) -> None:
        if isinstance(pattern, cst.MatchOr):
            self.alternatives(pattern)
        elif isinstance(pattern, cst.Name):
            if pattern in self.scopes.occurrence and self.scopes.occurrence[pattern].kind == "store":
                self.visit(pattern)
        else:
            for child in children(pattern):
                self.captures(child)

    def alternatives(self, node: cst.MatchOr) -> None:
        """They bind the same names."""
        exits, entry, first = [], self.ends, len(self.flow.events)
        for alternative in node.patterns:
            self.ends = entry
            self.captures(alternative.pattern)
            exits = exits + self.ends
        self.ends = exits
        self.flow.together.append([event.occurrence for event in self.flow.events[first:] if event.writes])
