"""The one analysis behind all concepts: a source parsed once, its scopes, and each function's flow when asked for."""

import builtins
import keyword
import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import libcst as cst

from procure_kit.analysis.control_flow import build_flow
from procure_kit.analysis.depth import with_room
from procure_kit.analysis.flow import Flow
from procure_kit.analysis.scope_rules import resolve_scopes
from procure_kit.analysis.scopes import Occurrence, Scope, Scopes
from procure_kit.analysis.source_tree import SourceTree, children, parse_source, walk

# What can see a function's variables by their names: built-ins, and attributes (of a frame, a debugger, a data frame).
# numpy's `bmat` looks up the names in its text where it is called.
READERS = {"exec", "eval", "locals", "vars", "globals", "dir", "breakpoint", "execfile", "_getframe", "currentframe"}
READERS |= {"bmat"}
ALIASED = {"exec", "eval", "locals", "vars"}  # those that are dangerous under another name too
# Words that tell of a frame's or a function's variables from anywhere in the file.
TELLING = {
    "f_locals", "co_varnames", "co_cellvars", "co_freevars", "capture_locals", "getgeneratorlocals",
    "getcoroutinelocals", "getasyncgenlocals", "getargvalues", "getclosurevars",
    "__closure__",  # its cells are in the order of their names
    "numexpr", "duckdb", "pandasql", "patsy", "statsmodels",  # modules that look up names in the frame of their caller
}  # fmt: skip
_BUILTINS = {"builtins", "__builtins__"}  # by these a reader goes unseen, and any built-in can be replaced
READING_ATTRIBUTES = {"exec", "eval", "query", "runctx", "set_trace", "stack", "_getframe", "currentframe", "f_locals"}
READING_ATTRIBUTES |= {"bmat"}


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
    _readers: dict[Scope, str | None] = field(default_factory=dict)

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
        return [scope for scope in self.scopes.all if scope.kind == "function" and not _in_function(scope)]

    @cached_property
    def star_import(self) -> bool:
        return any(isinstance(node, cst.ImportStar) for node in self.nodes)

    @cached_property
    def nodes(self) -> list[cst.CSTNode]:
        """Every node that carries meaning, parents first, in the order of the fields."""
        return list(walk(self.tree.module))

    @cached_property
    def words(self) -> set[str]:
        """Every word of the text, also in strings and comments, with Python's own: none can be a fresh name."""
        return self._text_words | set(keyword.kwlist) | set(keyword.softkwlist) | set(dir(builtins))

    @cached_property
    def _text_words(self) -> set[str]:
        return set(re.findall(r"\w+", self.source))

    def reader(self, scope: Scope) -> str | None:
        """Why the names of a scope's variables may matter to something that runs, if they may."""
        function = scope
        while _in_function(function):
            function = function.parent
        if function not in self._readers:
            found = next((node.value for node in walk(function.node) if self._reads(node)), None)
            self._readers[function] = f"{found} can see variables by their names" if found else None
        told = sorted(TELLING & self.words)
        if told:
            return f"something in the file reads the variables of a frame ({told[0]})"
        if self._reader_of_builtins is not None:
            return f"{self._reader_of_builtins} can be reached through the module builtins, and sees variables by names"
        if self._reader_by_another_name is not None:
            return f"{self._reader_by_another_name} goes by another name in the file, and can see variables by theirs"
        if self.star_import:
            return "a star import may bring a function that sees variables by their names"
        return self._readers[function]

    @cached_property
    def _reader_of_builtins(self) -> str | None:
        """A reader that the text speaks of, be it in a string, when it also speaks of the module of built-ins."""
        spoken = sorted((ALIASED | {"dir"}) & self._text_words)
        return spoken[0] if spoken and _BUILTINS & self._names else None

    @cached_property
    def _names(self) -> set[str]:
        return {node.value for node in self.nodes if isinstance(node, cst.Name)}

    @cached_property
    def built_ins_may_change(self) -> bool:
        """Whether the file can give a built-in another meaning in a way that no binding of its name shows."""
        called = {occurrence.name for occurrence in self.scopes.occurrence.values()}
        return not _BUILTINS.isdisjoint(self._names) or not called.isdisjoint({"exec", "globals"})

    @cached_property
    def _reader_by_another_name(self) -> str | None:
        """A reader that is passed on, kept or imported instead of called: whatever is called may be it."""
        called = {node.func for node in self.nodes if isinstance(node, cst.Call)}
        for node in self.nodes:
            if isinstance(node, cst.ImportAlias) and node.asname is not None and node.evaluated_name in ALIASED:
                return node.evaluated_name
            if isinstance(node, cst.Name) and node not in called and self._built_in_name(node) in ALIASED:
                return node.value
        return None

    def _reads(self, node: cst.CSTNode) -> bool:
        if not isinstance(node, cst.Name) or node.value not in READERS | READING_ATTRIBUTES:
            return False
        occurrence = self.scopes.occurrence.get(node)
        if occurrence is None:  # the name of an attribute
            return node.value in READING_ATTRIBUTES
        return node.value in READERS and occurrence.variable.scope.kind == "module"

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
    def printed(self) -> set[Occurrence]:
        """Names that a program can show as text: those in f"{name=}", and annotations that are kept as text."""
        told = [node for node in self.nodes if isinstance(node, cst.FormattedStringExpression) and node.equal]
        told += [node for node in self.nodes if isinstance(node, cst.TemplatedStringExpression)]
        if "annotations" in self._names:  # from __future__
            told += [node for node in self.nodes if isinstance(node, cst.Annotation)]
        found = {self.scopes.occurrence[n] for node in told for n in walk(node) if n in self.scopes.occurrence}
        return {occurrence for occurrence in found if occurrence.variable.scope.kind != "module"}

    def is_builtin(self, node: cst.CSTNode) -> str | None:
        """The built-in's name when `node` is a name that can only mean that built-in, else None."""
        return None if self.built_ins_may_change else self._built_in_name(node)

    def _built_in_name(self, node: cst.CSTNode) -> str | None:
        occurrence = self.scopes.occurrence.get(node)
        if occurrence is None or self.star_import or not hasattr(builtins, occurrence.name):
            return None
        return occurrence.name if occurrence.variable.kinds == {"load"} else None


def _in_function(scope: Scope) -> bool:
    scope = scope.parent
    while scope is not None and scope.kind in ("class", "type parameters"):
        scope = scope.parent
    return scope is not None and scope.kind != "module"


@lru_cache(maxsize=16)
@with_room
def analyse(source: str) -> Analysis:
    """Analyse a whole program, once: the slow part of every concept.

    Raises: ValueError with one clear sentence for a source that cannot be read.
    """
    tree = parse_source(source)
    return Analysis(tree, resolve_scopes(tree))
