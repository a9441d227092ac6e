"""Every name in a source: what is done with it there, and in which scope it is written."""

import libcst as cst

from procure_kit.analysis.scopes import Occurrence, Scope, Scopes
from procure_kit.analysis.signatures import annotations, defaults, parameters
from procure_kit.analysis.source_tree import SourceTree, Visitor, children


class NameWalk(Visitor):
    """One walk over the tree. Expressions that Python evaluates outside a scope are visited outside it."""

    def __init__(self, tree: SourceTree):
        self.tree = tree
        self.here = Scope("module", tree.module, None, 0)
        self.classes: list[str] = []  # the names of the classes around, from outside to inside
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
        scope = scope or self.here
        occurrence = Occurrence(self.mangled(node.value), self.tree.span(node), kind, scope)
        scope.occurrences.append(occurrence)
        self.found.occurrence[node] = occurrence

    def mangled(self, name: str) -> str:
        """What Python takes a name for: in a class, `__x` is `_Class__x`."""
        private = name.startswith("__") and not name.endswith("__") and self.classes
        own = self.classes[-1].lstrip("_") if private else ""
        return f"_{own}{name}" if own else name

    def bind(self, target: cst.CSTNode, kind: str = "store", scope: Scope | None = None) -> None:
        """A target of an assignment: names are bound; attributes and items are expressions like any other."""
        if isinstance(target, cst.Name):
            self.add(target, kind, scope)
        elif isinstance(target, cst.Tuple | cst.List):
            for element in target.elements:
                self.bind(element.value, kind)
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
        if node.value is None and self.tree.in_parentheses(node):
            self.visit(node.target)  # `(x): int` declares nothing
        else:
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
        with_parameters = node.type_parameters is not None  # their scope belongs to the class, and the bases to it
        self.classes += [node.name.value] * with_parameters
        self.open_type_parameters(node)
        self.visit_all([*node.bases, *node.keywords])
        self.classes += [node.name.value] * (not with_parameters)
        self.open("class", node)
        self.visit(node.body)
        self.close()
        self.close_type_parameters(node)
        self.classes.pop()

    def visit_TypeAlias(self, node: cst.TypeAlias) -> None:
        self.add(node.name, "type")  # no mere variable: its name is its `__name__`, as a class's is
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
