"""In which order an expression evaluates its names, and what assignments give them: events of a control-flow graph."""

from collections.abc import Iterable

import libcst as cst

from procure_kit.analysis.flow import Assigned, Event, Flow
from procure_kit.analysis.scopes import Occurrence, Scope, Scopes
from procure_kit.analysis.signatures import annotations, defaults
from procure_kit.analysis.source_tree import Visitor, children

# Built-ins that exhaust a generator before they return, so that its names are read now and not later.
CONSUMERS = {"all", "any", "bytes", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple"}


class Evaluation(Visitor):
    """The flow of one function, as far as the walk over its code has come."""

    def __init__(self, scopes: Scopes, function: Scope):
        self.scopes = scopes
        self.function = function
        self.flow = Flow()
        self.ends: list[int] = []  # the events after which the next one comes; empty after a jump
        self.event()

    def event(self, occurrence: Occurrence | None = None, reads=False, writes=False, unbinds=False) -> int:
        self.flow.events.append(Event(occurrence, reads, writes, unbinds))
        self.flow.before.append(self.ends)
        self.ends = [len(self.flow.events) - 1]
        return self.ends[0]

    def since(self, start: int) -> list[int]:
        return list(range(start, len(self.flow.events)))

    def link(self, event: int, ends: list[int] | None = None) -> None:
        self.flow.before[event] = self.flow.before[event] + (self.ends if ends is None else ends)

    # Names and assignments -----------------------------------------------------------------------------------------
    def visit_Name(self, node: cst.Name) -> None:
        occurrence = self.scopes.occurrence.get(node)  # None: an attribute, a keyword, None, True, False
        if occurrence is None or occurrence.kind == "declare" or occurrence.variable.scope.frame is not self.function:
            return
        kind = occurrence.kind
        self.event(occurrence, kind in ("load", "delete"), writes=kind != "load", unbinds=kind == "delete")

    def write(self, name: cst.Name, unbinds: bool = False) -> None:
        self.event(self.scopes.occurrence[name], writes=True, unbinds=unbinds)

    def assign(self, target: cst.CSTNode, assigned: Assigned | None) -> None:
        if isinstance(target, cst.Name) and assigned is not None:
            self.flow.assigned[self.scopes.occurrence[target]] = assigned
        elif isinstance(target, cst.Tuple | cst.List) and assigned is not None:
            for index, element in enumerate(target.elements):
                self.assign(element.value, _part(target, assigned, index))
            return
        self.visit(target)

    def visit_Assign(self, node: cst.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.assign(target.target, Assigned("value", node.value))

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        if node.value is not None:  # a function's annotations of variables are not evaluated
            self.visit(node.value)
            self.assign(node.target, Assigned("value", node.value))

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self.visit(node.value)
        self.assign(node.target, Assigned("value", node.value))

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        occurrence = self.scopes.occurrence.get(node.target)
        if occurrence is None or occurrence.variable.scope is not self.function:
            self.visit_all([node.target, node.value])
            return
        self.event(occurrence, reads=True)
        self.visit(node.value)
        self.flow.assigned[occurrence] = Assigned("update", node)
        self.event(occurrence, writes=True)

    # Expressions that do not evaluate all they hold ----------------------------------------------------------------
    def maybe(self, node: cst.CSTNode) -> None:
        if len(self.ends) > 9:
            self.event()  # where so many ways meet: a chain of n parts would have n² edges without
        skip = self.ends
        self.visit(node)
        self.ends = skip + self.ends

    def visit_BooleanOperation(self, node: cst.BooleanOperation) -> None:
        self.visit(node.left)
        self.maybe(node.right)

    def visit_Comparison(self, node: cst.Comparison) -> None:
        self.visit_all([node.left, node.comparisons[0]])
        for target in node.comparisons[1:]:
            self.maybe(target)

    def visit_IfExp(self, node: cst.IfExp) -> None:
        self.branch(node.test, node.body, node.orelse)

    def branch(self, test: cst.CSTNode, body: cst.CSTNode, orelse: cst.CSTNode | None) -> None:
        self.ends, skip = self.test(test)
        self.visit(body)
        done, self.ends = self.ends, skip
        if orelse is not None:
            self.visit(orelse)
        self.ends = done + self.ends

    def test(self, node: cst.CSTNode) -> tuple[list[int], list[int]]:
        """The events after which a test has turned out true, and false."""
        match node:
            case cst.UnaryOperation(operator=cst.Not()):
                holds, fails = self.test(node.expression)
                return fails, holds
            case cst.BooleanOperation():
                both = isinstance(node.operator, cst.And)
                holds, fails = self.test(node.left)
                self.ends = holds if both else fails
                later_holds, later_fails = self.test(node.right)
                return (later_holds, fails + later_fails) if both else (holds + later_holds, later_fails)
            case cst.Comparison():
                self.visit_all([node.left, node.comparisons[0]])
                fails = self.ends
                for target in node.comparisons[1:]:
                    self.visit(target)
                    fails = fails + self.ends
                return self.ends, fails
        self.visit(node)
        if isinstance(node, cst.Name | cst.Integer) and node.value in ("True", "1"):
            return self.ends, []
        return self.ends, self.ends

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self.visit_all(defaults(node.params))

    def visit_comprehension(self, node: cst.BaseComp) -> None:
        self.visit(node.for_in.iter)
        self.comp_for(node, node.for_in)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_comprehension

    def comp_for(self, node: cst.BaseComp, for_in: cst.CompFor) -> None:
        """One `for` of a comprehension, whose iterable is already evaluated."""
        head = self.event()
        self.assign(for_in.target, Assigned("element", for_in.iter))
        for condition in for_in.ifs:
            self.ends, fails = self.test(condition.test)
            self.link(head, fails)
        if for_in.inner_for_in is not None:
            self.visit(for_in.inner_for_in.iter)
            self.comp_for(node, for_in.inner_for_in)
        else:
            self.visit_all(child for child in children(node) if child is not node.for_in)
        self.link(head)
        self.ends = [head]

    def visit_GeneratorExp(self, node: cst.GeneratorExp) -> None:
        self.visit(node.for_in.iter)  # all the rest waits for whoever takes the elements

    def visit_Call(self, node: cst.Call) -> None:
        self.visit(node.func)
        if len(node.args) == 1 and isinstance(node.args[0].value, cst.GeneratorExp) and self.consumes(node.func):
            self.visit_comprehension(node.args[0].value)
        else:
            self.arguments(node.args)

    def arguments(self, args: Iterable[cst.Arg]) -> None:
        """Of a call, or of a class: all that are positional, starred ones too, are evaluated before any keyword."""
        self.visit_all(sorted(args, key=lambda arg: arg.keyword is not None or arg.star == "**"))

    def consumes(self, func: cst.CSTNode) -> bool:
        if isinstance(func, cst.Attribute):
            return func.attr.value == "join" and isinstance(func.value, cst.SimpleString)
        occurrence = self.scopes.occurrence.get(func)
        return occurrence is not None and occurrence.name in CONSUMERS and occurrence.variable.kinds == {"load"}

    # Bodies that run at another time -------------------------------------------------------------------------------
    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.visit_all([*node.decorators, *defaults(node.params)])
        first, second = (
            [param.annotation for param in group if param.annotation is not None]
            for group in (node.params.posonly_params, node.params.params)
        )
        self.either_way(first, second)
        self.visit_all([*annotations(node)[len(first) + len(second) :], node.name])

    def either_way(self, one: list[cst.CSTNode], other: list[cst.CSTNode]) -> None:
        """Versions of Python differ in which come first: annotations of `a` or of `b` in `def f(a, /, b)`."""
        start = self.ends
        self.visit_all([*one, *other])
        if one and other:
            done, self.ends = self.ends, start
            self.visit_all([*other, *one])
            self.ends = done + self.ends

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self.visit_all(node.decorators)
        self.arguments([*node.bases, *node.keywords])
        self.visit(node.name)

    def visit_TypeAlias(self, node: cst.TypeAlias) -> None:
        self.visit(node.name)


def _part(target: cst.Tuple | cst.List, assigned: Assigned, index: int) -> Assigned | None:
    """What the `index`-th name of an unpacking gets, where one expression says so."""
    if any(isinstance(element, cst.StarredElement) for element in target.elements):
        return None
    if assigned.how == "element" and assigned.index is None:
        return Assigned("element", assigned.node, index)
    if assigned.how != "value" or not isinstance(assigned.node, cst.Tuple):
        return None
    values = assigned.node.elements
    if len(values) != len(target.elements) or any(isinstance(value, cst.StarredElement) for value in values):
        return None
    return Assigned("value", values[index].value)
