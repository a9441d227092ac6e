"""What becomes of a list or a tuple: whether anything can see which of the two it is."""

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.inference import kind
from procure_kit.analysis.scopes import Occurrence
from procure_kit.analysis.source_tree import children, short, walk

# Built-ins that only take the elements of their first argument (of all of them: `zip`; but the first: `map`, `filter`).
_TAKERS = {"all", "any", "bool", "enumerate", "frozenset", "len", "list", "max", "min", "set", "sorted", "sum", "tuple"}
Found = tuple[str | None, str]  # the reason against, or how sure it is


class Uses:
    """The places of a source's expressions in their statements; in the mode "procure" an index may be of any type."""

    def __init__(self, analysis: Analysis, mode: str):
        self.analysis = analysis
        self.mode = mode
        self.parent: dict[cst.CSTNode, cst.CSTNode] = {}
        for node in analysis.nodes:
            for child in children(node):
                self.parent[child] = node
        self.node = {occurrence: node for node, occurrence in analysis.scopes.occurrence.items()}
        self.annotations = self.inside(cst.Annotation)  # no running code
        self.f_strings = self.inside(cst.FormattedString | cst.TemplatedString)

    def inside(self, kind: type) -> set[cst.CSTNode]:
        return {inner for node in self.analysis.nodes if isinstance(node, kind) for inner in walk(node)}

    def is_target(self, node: cst.CSTNode) -> bool:
        """Whether it is given something, or deleted."""
        up = self.parent.get(node)
        while isinstance(up, cst.Element | cst.StarredElement | cst.Tuple | cst.List):
            node, up = up, self.parent.get(up)
        if isinstance(up, cst.AssignTarget | cst.AsName | cst.Del):
            return True
        return isinstance(up, cst.For | cst.CompFor | cst.AugAssign | cst.AnnAssign) and up.target is node

    def in_namespace(self, node: cst.CSTNode) -> bool:
        """Whether it stands right in a class whose metaclass may have put names of its own into the body."""
        while node is not None and not isinstance(node, cst.FunctionDef | cst.Lambda | cst.ClassDef):
            node = self.parent.get(node)
        return isinstance(node, cst.ClassDef) and bool(node.bases or node.keywords)

    def warns(self, node: cst.CSTNode) -> bool:
        """Whether Python would warn of a display here: one that is called, or indexed by a text, fails when it runs."""
        up = self.parent[node]
        return isinstance(up, cst.Call) and up.func is node or isinstance(up, cst.Subscript) and up.value is node

    def of(self, node: cst.CSTNode) -> Found:
        """The reason why something may see the type of the object that the expression gives, or how sure it is not."""
        up = self.parent[node]
        match up:
            case cst.For() | cst.CompFor() if up.iter is node:
                return None, "syntactic"
            case cst.Assert() if up.test is node:
                return "Python warns of a tuple in an assert, which is always true", ""
            case cst.If() | cst.While() | cst.IfExp() | cst.CompIf() if up.test is node:
                return None, "syntactic"
            case cst.UnaryOperation(operator=cst.Not()) | cst.StarredElement():
                return None, "syntactic"
            case cst.ComparisonTarget(operator=cst.In() | cst.NotIn()) if len(self.parent[up].comparisons) == 1:
                return None, "syntactic"
            case cst.Comparison() | cst.ComparisonTarget():
                return "it is compared, and a list never equals a tuple", ""
            case cst.Subscript() if up.value is node:
                return self._indexed(up)
            case cst.Arg():
                return self._passed(up)
            case cst.Assign():
                return self._assigned(up)
            case cst.Return() | cst.Yield():
                return "it is handed to the caller, who can see its type", ""
            case cst.BinaryOperation() | cst.AugAssign():
                return "it is an operand, and its type decides what comes out", ""
            case cst.Attribute():
                return f"its `.{up.attr.value}` is used, which the other type may not have", ""
            case cst.Element() | cst.DictElement():
                return "it becomes part of another object", ""
        return "it is handed on, and what takes it can see its type", ""

    def _indexed(self, up: cst.Subscript) -> Found:
        if self.is_target(up):
            return "an element of it is changed", ""
        if len(up.slice) > 1 or not isinstance(up.slice[0].slice, cst.Index):
            return "a slice of it is taken, and has its type", ""
        if kind(self.analysis, up.slice[0].slice.value) == "int":
            return None, "syntactic"
        if self.mode == "procure":
            return None, "tested"
        return f"`[{short(self.analysis.tree.text(up.slice[0]))}]` may be a slice, which has its type", ""

    def _passed(self, arg: cst.Arg) -> Found:
        call = self.parent[arg]
        if not isinstance(call, cst.Call):
            return "it is handed on, and what takes it can see its type", ""
        if arg.star == "*":
            return None, "syntactic"
        name, first = self.analysis.is_builtin(call.func), call.args[0] is arg
        plain = arg.keyword is None and not arg.star and not any(other.star for other in call.args)
        alone = name not in ("max", "min") or sum(other.keyword is None for other in call.args) == 1
        takes = name in _TAKERS and first and alone or name == "zip" or name in ("map", "filter") and not first
        join = isinstance(call.func, cst.Attribute) and call.func.attr.value == "join"
        if plain and (takes or join and first and kind(self.analysis, call.func.value) == "str"):
            return None, "syntactic"
        return f"it is passed to {self.analysis.tree.quoted(call.func)}, which can see its type", ""

    def _assigned(self, assign: cst.Assign) -> Found:
        targets = [target.target for target in assign.targets]
        if all(isinstance(target, cst.Tuple | cst.List) for target in targets):
            return None, "syntactic"  # it is unpacked
        if len(targets) > 1 or not isinstance(targets[0], cst.Name):
            return "it is kept where others can see its type", ""
        definition = self.analysis.scopes.occurrence[targets[0]]
        scope, name = definition.variable.scope, definition.name
        if scope.kind != "function":
            return f"`{name}` can be seen from outside of the function", ""
        if not self.analysis.flow(scope).covers(definition.variable):
            return f"`{name}` is also used in a function, class or generator inside, which may run at any time", ""
        if reason := self.analysis.reader(scope):
            return reason, ""
        if reason := self.analysis.onlookers.looked_up(scope, name):
            return reason, ""
        found = [self._reached(use) for use in definition.variable.occurrences if self._reaches(definition, use)]
        found += [(None, "tested")] * self.analysis.onlookers.doubt(scope)
        return min(found, key=lambda each: (each[0] is None, each[1] == "syntactic"), default=(None, "syntactic"))

    def _reaches(self, definition: Occurrence, use: Occurrence) -> bool:
        flow = self.analysis.flow(definition.variable.scope)
        return use.kind in ("load", "update") and definition in flow.reaching(use)[0]

    def _reached(self, use: Occurrence) -> Found:
        node = self.node[use]
        if use.kind == "update":
            return f"line {self.analysis.tree.line(use.span[0])}: `{use.name}` is changed in place", ""
        line, up = self.analysis.tree.line(use.span[0]), self.parent[node]
        if isinstance(up, cst.Assign) and not all(isinstance(t.target, cst.Tuple | cst.List) for t in up.targets):
            return f"line {line}: `{use.name}` gets another name, too", ""
        why, sure = self.of(node)
        return (f"line {line}, `{use.name}`: {why}", "") if why else (None, sure)
