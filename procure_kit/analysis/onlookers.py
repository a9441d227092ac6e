"""What may look at a function's variables by their names, so that these must stay.

Three degrees. Something in the text reads the variables of a frame or of a function: no name may change. A string that
is handed on holds a variable's name (a query, a template), or a decorator does: that name stays. Code from outside of
the standard library that is called without a value, or decorates the function, may look at the frame, and a NameError
that is kept says which name it missed: a renaming is then for the tests to judge.
"""

import re
import sys
from collections.abc import Iterator
from functools import cached_property

import libcst as cst

from procure_kit.analysis.built_ins import BuiltIns
from procure_kit.analysis.scopes import Scope, Scopes
from procure_kit.analysis.source_tree import SourceTree, children, walk

# What can see a function's variables by their names: built-ins, and attributes (of a frame, a debugger, a data frame).
# numpy's `bmat` looks up the names in its text where it is called.
READERS = {"exec", "eval", "locals", "vars", "globals", "dir", "breakpoint", "execfile", "_getframe", "currentframe"}
READERS |= {"bmat"}
ALIASED = {"exec", "eval", "locals", "vars"}  # those that are dangerous under another name too
# Words that tell of a frame's or a function's variables from anywhere in the file.
TELLING = {
    "f_locals", "co_varnames", "co_cellvars", "co_freevars", "co_names", "capture_locals", "show_locals",
    "getgeneratorlocals", "getcoroutinelocals", "getasyncgenlocals", "getargvalues", "getclosurevars",
    "__closure__",  # its cells are in the order of their names
    # modules that look up names in the frame of their caller, or print them
    "numexpr", "duckdb", "pandasql", "patsy", "statsmodels", "varname", "icecream", "pysnooper", "snoop", "sorcery",
    "register_globals", "cgitb",
}  # fmt: skip
READING_ATTRIBUTES = {"exec", "eval", "query", "runctx", "set_trace", "stack", "_getframe", "currentframe", "f_locals"}
READING_ATTRIBUTES |= {"bmat"}
NAMING = {"NameError", "UnboundLocalError"}  # exceptions that have the variable's name, and say it
_DOORS = {"builtins", "__builtins__", "__builtin__", "f_builtins"}
# Methods of built-in types look at no frame, and nobody gives one that does such a name.
_PLAIN_METHODS = {name for kind in (str, bytes, list, tuple, dict, set) for name in dir(kind)}


class Onlookers:
    """Of one source."""

    def __init__(self, tree: SourceTree, scopes: Scopes, nodes: list[cst.CSTNode], built_ins: BuiltIns):
        self.tree, self.scopes, self.nodes, self.built_ins = tree, scopes, nodes, built_ins
        self._readers: dict[Scope, str | None] = {}
        self._spoken: dict[Scope, dict[str, int]] = {}

    # Nothing may be renamed ----------------------------------------------------------------------------------------
    def reason(self, scope: Scope) -> str | None:
        """Why the names of a scope's variables may matter to something that runs, if they may."""
        star = "`from … import *` may bring in a function that sees variables by their names"
        return self.certain(scope) or (star if self.built_ins.star_import else None)

    def certain(self, scope: Scope) -> str | None:
        """The reason that the text itself shows."""
        function = home(scope)
        if function not in self._readers:
            found = next((node.value for node in walk(function.node) if self._reads(node)), None)
            self._readers[function] = f"`{found}` can see variables by their names" if found else None
        return self._in_file or self._readers[function]

    @cached_property
    def _in_file(self) -> str | None:
        told = sorted(TELLING & self.tree.words)
        if told:
            return f"the file has the word `{told[0]}`, by which code can see a function's variables by their names"
        names = {node.value for node in self.nodes if isinstance(node, cst.Name)}
        spoken = sorted((ALIASED | {"dir"}) & self.tree.words)
        if spoken and _DOORS & (names | self.tree.spoken):
            return f"`{spoken[0]}` can be reached through the module builtins, and sees variables by their names"
        if self._by_another_name is not None:
            return f"`{self._by_another_name}` goes by another name in the file, and can see variables by their names"
        return None

    @cached_property
    def _by_another_name(self) -> str | None:
        """A reader that is passed on, kept or imported instead of called: whatever is called may be it."""
        called = {node.func for node in self.nodes if isinstance(node, cst.Call)}
        for node in self.nodes:
            if isinstance(node, cst.ImportAlias) and node.asname is not None and node.evaluated_name in ALIASED:
                return node.evaluated_name
            if isinstance(node, cst.Name) and node not in called and self.built_ins.spelled(node) in ALIASED:
                return node.value
        return None

    def _reads(self, node: cst.CSTNode) -> bool:
        if not isinstance(node, cst.Name) or node.value not in READERS | READING_ATTRIBUTES:
            return False
        occurrence = self.scopes.occurrence.get(node)
        if occurrence is None:  # the name of an attribute
            return node.value in READING_ATTRIBUTES
        return node.value in READERS and occurrence.variable.scope.kind == "module"

    # Some names stay -----------------------------------------------------------------------------------------------
    def spoken(self, scope: Scope) -> dict[str, int]:
        """The words of the strings that the function hands on, itself or by a constant of the module, and all words of
        its decorators, each with a line."""
        function = home(scope)
        if function not in self._spoken:
            found: dict[str, int] = {}
            for node, word in self._words_around(function):
                found.setdefault(word, self.tree.line(self.tree.span(node)[0]))
            self._spoken[function] = found
        return self._spoken[function]

    def looked_up(self, scope: Scope, name: str) -> str | None:
        """Why a variable of this name may be looked up by what is given a string."""
        line = self.spoken(scope).get(name)
        why = "and what it is handed to may look up the variable of that name"
        return None if line is None else f"the string on line {line} has the word `{name}`, {why}"

    def _words_around(self, function: Scope) -> Iterator[tuple[cst.CSTNode, str]]:
        if not isinstance(function.node, cst.FunctionDef | cst.ClassDef):
            return
        hands_on = any(isinstance(node, cst.Call) and not self._is_known(node) for node in self._reached(function))
        yield from self.handed(function.node) if hands_on else ()
        decorators = list(function.node.decorators)
        scope = function
        while (scope := scope.parent) is not None:
            decorators += scope.node.decorators if isinstance(scope.node, cst.ClassDef) else []
        inner = [node for node in walk(function.node) if isinstance(node, cst.FunctionDef | cst.ClassDef)]
        decorators += [decorator for node in inner for decorator in node.decorators]
        for part in [*decorators, *self._constants(decorators)]:
            for node in walk(part):
                if isinstance(node, cst.Arg) and node.keyword is not None:
                    yield node, node.keyword.value
                yield from ((node, word) for word in words_of(node))
        for constant in self._constants([function.node]) if hands_on else ():
            for node in walk(constant):
                yield from ((node, word) for word in words_of(node))

    def _is_known(self, call: cst.Call) -> bool:
        """Whether the text shows what is called: a built-in, a method of a built-in type, or code of the file."""
        if isinstance(call.func, cst.Attribute):
            return call.func.attr.value in _PLAIN_METHODS
        occurrence = self.scopes.occurrence.get(call.func)
        own = occurrence is not None and occurrence.variable.kinds <= {"load", "def", "class"}
        return self.built_ins.name(call.func) is not None or own and occurrence.variable.kinds != {"load"}

    def _constants(self, parts: list[cst.CSTNode]) -> list[cst.CSTNode]:
        """What the module gives the names that the parts load, and the names in that."""
        found, rest, seen = [], list(parts), set()
        while rest:
            for node in walk(rest.pop()):
                occurrence = self.scopes.occurrence.get(node)
                if occurrence is not None and occurrence.kind == "load" and occurrence.name not in seen:
                    seen.add(occurrence.name)
                    if occurrence.variable.scope.kind == "module":
                        found += self._given.get(occurrence.name, [])
                        rest += self._given.get(occurrence.name, [])
        return found

    @cached_property
    def _given(self) -> dict[str, list[cst.CSTNode]]:
        """What assignments of the module give its names."""
        given: dict[str, list[cst.CSTNode]] = {}
        for node in self.nodes:
            if isinstance(node, cst.Assign | cst.AnnAssign | cst.AugAssign) and node.value is not None:
                targets = [t.target for t in node.targets] if isinstance(node, cst.Assign) else [node.target]
                for target in targets:
                    occurrence = self.scopes.occurrence.get(target)
                    if occurrence is not None and occurrence.variable.scope.kind == "module":
                        given.setdefault(occurrence.name, []).append(node.value)
        return given

    def handed(self, node: cst.CSTNode, known: bool = False) -> Iterator[tuple[cst.CSTNode, str]]:
        """The words of strings in a piece of code, each with its string, but for those that go where it is `known` that
        they are only shown, compared or looked up: built-ins, exceptions, comparisons, indices, keys, docstrings."""
        match node:
            case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()) | cst.Annotation() | cst.Decorator():
                return
            case cst.SimpleString() | cst.FormattedStringText() | cst.ConcatenatedString() if not known:
                yield from ((node, word) for word in words_of(node))
            case cst.Raise(exc=cst.Call() as call):
                yield from self.handed(call.func)
                for arg in call.args:
                    yield from self.handed(arg, True)
                return
            case cst.DictElement():
                yield from self.handed(node.key, True)
                yield from self.handed(node.value, known)
                return
            case cst.Call():
                yield from self.handed(node.func, known)
                method = isinstance(node.func, cst.Attribute) and node.func.attr.value in _PLAIN_METHODS
                for arg in node.args:
                    yield from self.handed(arg, method or self.built_ins.name(node.func) is not None)
                return
            case cst.Assert() | cst.Comparison() | cst.Index():
                known = True
            case cst.Lambda() | cst.BaseSmallStatement() | cst.BaseCompoundStatement():
                known = False
        for child in children(node):
            yield from self.handed(child, known)

    # The tests must judge --------------------------------------------------------------------------------------------
    def doubt(self, scope: Scope) -> bool:
        """Whether code that the text does not show may look at the function's frame, or at the function."""
        function = home(scope)
        return function.kind != "module" and any(map(self._is_doubtful, self._reached(function)))

    def _reached(self, function: Scope) -> Iterator[cst.CSTNode]:
        """The code of the function, and of the module's functions and classes that it names, or that these name."""
        rest, seen = [function.node], set()
        while rest:
            for node in walk(rest.pop()):
                yield node
                occurrence = self.scopes.occurrence.get(node)
                if occurrence is not None and occurrence.kind == "load" and occurrence.name not in seen:
                    seen.add(occurrence.name)
                    if occurrence.variable.scope.kind == "module":
                        rest += self._defined.get(occurrence.name, [])

    @cached_property
    def _defined(self) -> dict[str, list[cst.CSTNode]]:
        found: dict[str, list[cst.CSTNode]] = {}
        for node in self.tree.module.body:
            if isinstance(node, cst.FunctionDef | cst.ClassDef):
                found.setdefault(node.name.value, []).append(node)
        return found

    def _is_doubtful(self, node: cst.CSTNode) -> bool:
        """Whether it is a call of other people's code without a value, or a decorator of theirs; or keeps an exception
        that tells the name of a variable."""
        if isinstance(node, cst.ExceptHandler) and node.name is not None and node.type is not None:
            return any(isinstance(part, cst.Name) and part.value in NAMING for part in walk(node.type))
        callee = node.func if isinstance(node, cst.Call) and not node.args else None
        callee = node.decorator if isinstance(node, cst.Decorator) else callee
        while isinstance(callee, cst.Attribute | cst.Call):
            callee = callee.value if isinstance(callee, cst.Attribute) else callee.func
        occurrence = self.scopes.occurrence.get(callee)
        return occurrence is not None and occurrence.variable in self._imported

    @cached_property
    def _imported(self) -> set:
        """Variables that absolute imports bind to what is not of the standard library."""
        found = set()
        for node in self.nodes:
            if isinstance(node, cst.ImportFrom) and not node.relative and not isinstance(node.names, cst.ImportStar):
                pairs = [(node.module, alias) for alias in node.names]
            elif isinstance(node, cst.Import):
                pairs = [(alias.name, alias) for alias in node.names]
            else:
                continue
            for module, alias in pairs:
                while isinstance(module, cst.Attribute):
                    module = module.value
                bound = alias.asname.name if alias.asname is not None else alias.name
                while isinstance(bound, cst.Attribute):
                    bound = bound.value
                if module.value not in sys.stdlib_module_names:
                    found.add(self.scopes.occurrence[bound].variable)
        return found


def home(scope: Scope) -> Scope:
    """The top-level function or method around a scope."""
    while in_function(scope):
        scope = scope.parent
    return scope


def in_function(scope: Scope) -> bool:
    scope = scope.parent
    while scope is not None and scope.kind in ("class", "type parameters"):
        scope = scope.parent
    return scope is not None and scope.kind != "module"


def words_of(node: cst.CSTNode) -> set[str]:
    """The words of a string, as it is written and as it is read."""
    if not isinstance(node, cst.SimpleString | cst.FormattedStringText | cst.ConcatenatedString):
        return set()
    value = None if isinstance(node, cst.FormattedStringText) else node.evaluated_value
    text = value if isinstance(value, str) else ""
    written = "" if isinstance(node, cst.ConcatenatedString) else re.sub(r"\\.", " ", node.value, flags=re.DOTALL)
    return set(re.findall(r"\w+", f"{text} {written}"))
