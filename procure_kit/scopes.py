"""Which variable each name in a source stands for: Python's scope rules, decided once for the whole tree.

`symtable` of the standard library decides the same, but says nothing about positions; tests hold the two together.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst

from procure_kit.counterfactual import Span
from procure_kit.source_tree import SourceTree, Visitor, children

BINDING = {"store", "update", "delete", "parameter", "import", "def", "class", "type parameter"}


@dataclass(eq=False)
class Occurrence:
    """One name in the text. `kind`: "load", "store", "update" (augmented assignment: load and store), "delete",
    "parameter", "import", "def", "class", "type parameter" or "declare" (in a `global` or `nonlocal` statement)."""

    name: str
    span: Span
    kind: str
    scope: "Scope"  # where it is written
    variable: "Variable" = field(default=None, repr=False)  # what it stands for; set when all is known


@dataclass(eq=False)
class Variable:
    """One name of one scope, with all that refers to it, also from scopes inside."""

    name: str
    scope: "Scope"
    occurrences: list[Occurrence] = field(default_factory=list, repr=False)

    @cached_property
    def kinds(self) -> set[str]:
        """The kinds of all its occurrences; asked for only when all of them are known."""
        return {occurrence.kind for occurrence in self.occurrences}


@dataclass(eq=False)
class Scope:
    """`kind`: "module", "class", "function", "lambda", "comprehension" or "type parameters"."""

    kind: str
    node: cst.CSTNode
    parent: "Scope | None"
    number: int  # scopes in the order in which they open
    occurrences: list[Occurrence] = field(default_factory=list, repr=False)
    declared: dict[str, str] = field(default_factory=dict)  # name -> "global" or "nonlocal"
    variables: dict[str, Variable] = field(default_factory=dict, repr=False)
    children: list["Scope"] = field(default_factory=list, repr=False)

    @property
    def frame(self) -> "Scope":
        """The scope whose code runs it: itself, or for a comprehension what stands around it."""
        return self.parent.frame if self.kind == "comprehension" else self

    def inside(self) -> Iterator["Scope"]:
        """This scope and all scopes in it."""
        yield self
        for child in self.children:
            yield from child.inside()


@dataclass(frozen=True, eq=False)
class Scopes:
    """All scopes (the first is the module's), and the occurrence and the scope that belong to a node."""

    all: list[Scope]
    occurrence: dict[cst.CSTNode, Occurrence]  # by Name node
    scope: dict[cst.CSTNode, Scope]  # by the node that opens it

    @property
    def module(self) -> Scope:
        return self.all[0]

    def in_order(self) -> list[Occurrence]:
        """All occurrences in the order of the text."""
        return sorted(self.occurrence.values(), key=lambda occurrence: occurrence.span)


def resolve_scopes(tree: SourceTree) -> Scopes:
    """Find every name, and the variable that it stands for. Names that nothing binds belong to the module's scope."""
    builder = _Builder(tree)
    builder.visit_all(tree.module.body)
    for scope in builder.found.all:
        for occurrence in scope.occurrences:
            if occurrence.kind in BINDING and occurrence.name not in scope.declared:
                scope.variables.setdefault(occurrence.name, Variable(occurrence.name, scope))
    for scope in builder.found.all:
        for occurrence in scope.occurrences:
            owner = _owner(scope, occurrence.name)
            variable = owner.variables.setdefault(occurrence.name, Variable(occurrence.name, owner))
            variable.occurrences.append(occurrence)
            occurrence.variable = variable
    return builder.found


def _owner(scope: Scope, name: str) -> Scope:
    """The scope that `name`, written in `scope`, belongs to."""
    at, first = scope, True
    while at.parent is not None:
        if at.declared.get(name) == "global":
            break
        # A class's names are seen in its own body alone, and in the type-parameter scopes right in it.
        visible = first or at.kind != "class"
        if visible and name in at.variables and name not in at.declared:
            return at
        first = at.kind == "type parameters"
        at = at.parent
    while at.parent is not None:
        at = at.parent
    return at


class _Builder(Visitor):
    """One walk over the tree. Expressions that Python evaluates outside a scope are visited outside it."""

    def __init__(self, tree: SourceTree):
        self.tree = tree
        self.here = Scope("module", tree.module, None, 0)
        self.found = Scopes([self.here], {}, {tree.module: self.here})

    def open(self, kind: str, node: cst.CSTNode) -> Scope:
        scope = Scope(kind, node, self.here, len(self.found.all))
        self.here.children.append(scope)
        self.found.all.append(scope)
        self.found.scope[node] = scope
        self.here = scope
        return scope

    def close(self) -> None:
        self.here = self.here.parent

    def add(self, node: cst.Name, kind: str, scope: Scope | None = None) -> None:
        name = node.value if node.value.isascii() else unicodedata.normalize("NFKC", node.value)
        scope = scope or self.here
        occurrence = Occurrence(name, self.tree.span(node), kind, scope)
        scope.occurrences.append(occurrence)
        self.found.occurrence[node] = occurrence

    def bind(self, target: cst.CSTNode, kind: str = "store", scope: Scope | None = None) -> None:
        """A target of an assignment: names are bound; attributes and items are expressions like any other."""
        if isinstance(target, cst.Name):
            self.add(target, kind, scope)
        elif isinstance(target, cst.Tuple | cst.List):
            for element in target.elements:
                self.bind(element.value, kind)
        elif isinstance(target, cst.Element | cst.StarredElement):
            self.bind(target.value, kind)
        else:
            self.visit(target)

    # Names ---------------------------------------------------------------------------------------------------------
    def visit_Name(self, node: cst.Name) -> None:
        if node.value not in ("None", "True", "False"):
            self.add(node, "load")

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self.visit(node.value)  # the attribute's own name is not a variable

    def visit_Arg(self, node: cst.Arg) -> None:
        self.visit(node.value)  # nor is a keyword

    def visit_Assign(self, node: cst.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.bind(target.target)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value is not None:
            self.visit(node.value)
        self.bind(node.target)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self.visit(node.value)
        self.bind(node.target, "update")

    def visit_Del(self, node: cst.Del) -> None:
        self.bind(node.target, "delete")

    def visit_For(self, node: cst.For) -> None:
        self.visit(node.iter)
        self.bind(node.target)
        self.visit(node.body)
        if node.orelse is not None:
            self.visit(node.orelse)

    def visit_AsName(self, node: cst.AsName) -> None:
        self.bind(node.name)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self.visit(node.value)
        self.bind(node.target, "store", self.here.frame)  # a walrus in a comprehension binds outside it

    def visit_NameItem(self, node: cst.NameItem) -> None:
        self.add(node.name, "declare")

    def visit_Global(self, node: cst.Global) -> None:
        self.declare(node, "global")

    def visit_Nonlocal(self, node: cst.Nonlocal) -> None:
        self.declare(node, "nonlocal")

    def declare(self, node: cst.Global | cst.Nonlocal, how: str) -> None:
        for item in node.names:
            self.visit(item)
            self.here.declared[self.found.occurrence[item.name].name] = how

    def visit_Import(self, node: cst.Import) -> None:
        for alias in node.names:
            self.bind_import(alias)

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        if not isinstance(node.names, cst.ImportStar):
            self.visit_Import(node)

    def bind_import(self, alias: cst.ImportAlias) -> None:
        bound = alias.asname.name if alias.asname is not None else alias.name
        while isinstance(bound, cst.Attribute):  # `import a.b` binds a
            bound = bound.value
        self.add(bound, "import")

    def visit_MatchAs(self, node: cst.MatchAs) -> None:
        if node.pattern is not None:
            self.visit(node.pattern)
        if node.name is not None:
            self.add(node.name, "store")

    def visit_MatchStar(self, node: cst.MatchStar) -> None:
        if node.name is not None:
            self.add(node.name, "store")

    def visit_MatchMapping(self, node: cst.MatchMapping) -> None:
        self.visit_all(node.elements)
        if node.rest is not None:
            self.add(node.rest, "store")

    def visit_MatchKeywordElement(self, node: cst.MatchKeywordElement) -> None:
        self.visit(node.pattern)

    # Scopes --------------------------------------------------------------------------------------------------------
    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.visit_all(node.decorators)
        self.add(node.name, "def")
        self.visit_all(defaults(node.params))
        self.open_type_parameters(node)
        self.visit_all(annotations(node))
        self.open("function", node)
        self.bind_parameters(node.params)
        self.visit(node.body)
        self.close()
        self.close_type_parameters(node)

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self.visit_all(defaults(node.params))
        self.open("lambda", node)
        self.bind_parameters(node.params)
        self.visit(node.body)
        self.close()

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self.visit_all(node.decorators)
        self.add(node.name, "class")
        self.open_type_parameters(node)
        self.visit_all([*node.bases, *node.keywords])
        self.open("class", node)
        self.visit(node.body)
        self.close()
        self.close_type_parameters(node)

    def visit_TypeAlias(self, node: cst.TypeAlias) -> None:
        self.add(node.name, "store")
        self.open("type parameters", node)  # its value is evaluated late, in a scope of its own
        if node.type_parameters is not None:
            self.visit(node.type_parameters)
        self.visit(node.value)
        self.close()

    def open_type_parameters(self, node: cst.FunctionDef | cst.ClassDef) -> None:
        if node.type_parameters is not None:
            self.open("type parameters", node.type_parameters)
            self.visit(node.type_parameters)

    def close_type_parameters(self, node: cst.FunctionDef | cst.ClassDef) -> None:
        if node.type_parameters is not None:
            self.close()

    def visit_TypeVar(self, node: cst.TypeVar) -> None:
        self.add(node.name, "type parameter")
        if node.bound is not None:
            self.visit(node.bound)

    def visit_TypeVarTuple(self, node: cst.TypeVarTuple | cst.ParamSpec) -> None:
        self.add(node.name, "type parameter")

    visit_ParamSpec = visit_TypeVarTuple

    def bind_parameters(self, params: cst.Parameters) -> None:
        for param in parameters(params):
            self.add(param.name, "parameter")

    def visit_comprehension(self, node: cst.BaseComp) -> None:
        self.visit(node.for_in.iter)  # the first iterable is evaluated outside
        self.open("comprehension", node)
        self.bind(node.for_in.target)
        self.visit_all(node.for_in.ifs)
        if node.for_in.inner_for_in is not None:
            self.visit(node.for_in.inner_for_in)
        self.visit_all(child for child in children(node) if child is not node.for_in)
        self.close()

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_comprehension

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self.visit(node.iter)
        self.bind(node.target)
        self.visit_all(node.ifs)
        if node.inner_for_in is not None:
            self.visit(node.inner_for_in)


def parameters(params: cst.Parameters) -> list[cst.Param]:
    """All parameters in the order of the text."""
    star = [params.star_arg] if isinstance(params.star_arg, cst.Param) else []
    rest = [params.star_kwarg] if params.star_kwarg is not None else []
    return [*params.posonly_params, *params.params, *star, *params.kwonly_params, *rest]


def defaults(params: cst.Parameters) -> list[cst.BaseExpression]:
    return [param.default for param in parameters(params) if param.default is not None]


def annotations(node: cst.FunctionDef) -> list[cst.Annotation]:
    """Of the parameters, and of what is returned."""
    found = [param.annotation for param in parameters(node.params)]
    return [annotation for annotation in (*found, node.returns) if annotation is not None]
