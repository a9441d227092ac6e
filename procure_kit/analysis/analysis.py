"""The one analysis behind all concepts: a source parsed once, its scopes, and each function's flow when asked for."""

from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import libcst as cst

from procure_kit.analysis.built_ins import BuiltIns, reserved
from procure_kit.analysis.control_flow import build_flow
from procure_kit.analysis.depth import with_room
from procure_kit.analysis.flow import Flow
from procure_kit.analysis.onlookers import Onlookers, in_function
from procure_kit.analysis.scope_rules import resolve_scopes
from procure_kit.analysis.scopes import Occurrence, Scope, Scopes
from procure_kit.analysis.source_tree import SourceTree, children, parse_source, walk


@dataclass(frozen=True, eq=False)
class Block:
    """Statements that run one after the other: `guarded` when a `try` or `with` of the same function is around."""

    body: tuple[cst.CSTNode, ...]
    scope: Scope
    guarded: bool


@dataclass(frozen=True, eq=False)
class Analysis:
    """A source, its tree and its scopes; the rest is worked out on first use and kept."""

    tree: SourceTree
    scopes: Scopes
    _flows: dict[Scope, Flow] = field(default_factory=dict)

    @property
    def source(self) -> str:
        return self.tree.source

    def flow(self, function: Scope) -> Flow:
        if function not in self._flows:
            self._flows[function] = build_flow(self.scopes, function)
        return self._flows[function]

    @cached_property
    def functions(self) -> list[Scope]:
        """Top-level functions and methods, in the order of the text: all else that is named belongs to one of them."""
        return [scope for scope in self.scopes.all if scope.kind == "function" and not in_function(scope)]

    @cached_property
    def nodes(self) -> list[cst.CSTNode]:
        """Every node that carries meaning, parents first, in the order of the fields."""
        return list(walk(self.tree.module))

    @cached_property
    def words(self) -> set[str]:
        """Every word of the text, also in strings and comments, with Python's own: none can be a fresh name."""
        return self.tree.words | reserved()

    @cached_property
    def built_ins(self) -> BuiltIns:
        return BuiltIns(self.tree, self.scopes, self.nodes)

    @cached_property
    def onlookers(self) -> Onlookers:
        return Onlookers(self.tree, self.scopes, self.nodes, self.built_ins)

    def reader(self, scope: Scope) -> str | None:
        """Why the names of a scope's variables may matter to something that runs, if they may."""
        return self.onlookers.reason(scope)

    @cached_property
    def blocks(self) -> list[Block]:
        """Every block of statements, in the order of the text."""
        found, stack = [], [(self.tree.module, self.scopes.module, False)]
        while stack:
            node, scope, guarded = stack.pop()
            if isinstance(node, cst.FunctionDef | cst.ClassDef):
                scope, guarded = self.scopes.scope[node], guarded and isinstance(node, cst.ClassDef)
            elif isinstance(node, cst.Try | cst.TryStar | cst.With):
                guarded = True
            elif isinstance(node, cst.Module | cst.IndentedBlock | cst.SimpleStatementSuite):
                found.append(Block(node.body, scope, guarded))
            if not isinstance(node, cst.BaseExpression | cst.BaseSmallStatement):
                stack.extend((child, scope, guarded) for child in reversed(list(children(node))))
        return found

    @cached_property
    def shown(self) -> set[cst.CSTNode]:
        """All in f"{name=}", in templates, and in annotations that are kept as text."""
        told = [node for node in self.nodes if isinstance(node, cst.FormattedStringExpression) and node.equal]
        told += [node for node in self.nodes if isinstance(node, cst.TemplatedStringExpression)]
        if any(isinstance(node, cst.Name) and node.value == "annotations" for node in self.nodes):  # from __future__
            told += [node for node in self.nodes if isinstance(node, cst.Annotation)]
        return {inner for node in told for inner in walk(node)}

    @cached_property
    def printed(self) -> set[Occurrence]:
        """Names of variables that a program can show as text."""
        found = {self.scopes.occurrence[node] for node in self.shown if node in self.scopes.occurrence}
        return {occurrence for occurrence in found if occurrence.variable.scope.kind != "module"}

    def is_builtin(self, node: cst.CSTNode) -> str | None:
        """The built-in's name when `node` is a name that can only mean that built-in, else None."""
        return self.built_ins.name(node)


@lru_cache(maxsize=16)
@with_room
def analyse(source: str) -> Analysis:
    """Analyse a whole program, once: the slow part of every concept.

    Raises: ValueError with one clear sentence for a source that cannot be read.
    """
    tree = parse_source(source)
    return Analysis(tree, resolve_scopes(tree))
