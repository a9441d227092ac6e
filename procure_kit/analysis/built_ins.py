"""When the name of a built-in can only mean that built-in.

A file can give it another meaning by a binding, which scopes show, and in ways that no binding shows: through the
module `builtins` (which has many doors), through a module's dictionary, or as an attribute of the module, set here or
by name (`mock.patch("app.len")`). What the text alone cannot exclude is not taken for the built-in.
"""

import builtins
import keyword
import re
from functools import cached_property

import libcst as cst

from procure_kit.analysis.scopes import Occurrence, Scopes
from procure_kit.analysis.source_tree import SourceTree

# Words that lead to the module of built-ins, or to the dictionary of a module's globals.
# What Python has, and not what an interactive interpreter, IPython or gettext adds to this process.
BUILT_INS = frozenset(dir(builtins)) - {"_", "display", "get_ipython", "__IPYTHON__"}
_DOORS = {"builtins", "__builtins__", "__builtin__", "f_builtins", "f_globals", "__globals__", "__self__"}
_CALLED = {"exec", "globals"}
_IMPORTERS = {
    "import_module",
    "__import__",
    "find_spec",
    "resolve_name",
    "pkgutil",
    "runpy",
}  # of what a variable may name


class BuiltIns:
    """What the names of built-ins mean in one source."""

    def __init__(self, tree: SourceTree, scopes: Scopes, nodes: list[cst.CSTNode]):
        self.tree, self.scopes, self.nodes = tree, scopes, nodes
        self.star_import = any(isinstance(node, cst.ImportStar) for node in nodes)

    @cached_property
    def may_change(self) -> bool:
        """Whether any built-in may get another meaning in a way that no binding of its name shows."""
        names = {node.value for node in self.nodes if isinstance(node, cst.Name)}
        called = {occurrence.name for occurrence in self.scopes.occurrence.values()}
        if not _DOORS.isdisjoint(names | self.tree.spoken) or not _CALLED.isdisjoint(called):
            return True
        loose = any(
            isinstance(node, cst.Call) and _last_name(node.func) in _IMPORTERS and not _is_text(node.args[:1])
            for node in self.nodes
        )
        return loose or "modules" in names and self._modules_by_variable()

    def _modules_by_variable(self) -> bool:
        """Whether `sys.modules` is used in another way than with a name that the text shows."""
        shown = set()
        for node in self.nodes:
            if isinstance(node, cst.Subscript) and len(node.slice) == 1:
                index = node.slice[0].slice
                if isinstance(index, cst.Index) and isinstance(index.value, cst.SimpleString):
                    shown.add(node.value)
            elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and _is_text(node.args[:1]):
                shown.add(node.func.value)
            elif isinstance(node, cst.ComparisonTarget):
                shown.add(node.comparator)
        return any(
            _last_name(node) == "modules" and node not in shown
            for node in self.nodes
            if isinstance(node, cst.Attribute | cst.Name) and not self._is_attribute_name(node)
        )

    @cached_property
    def _attribute_names(self) -> set[cst.CSTNode]:
        return {node.attr for node in self.nodes if isinstance(node, cst.Attribute)}

    def _is_attribute_name(self, node: cst.CSTNode) -> bool:
        return node in self._attribute_names

    @cached_property
    def replaced(self) -> set[str]:
        """Names that the text may give a new meaning from outside: an attribute that is set, a keyword, or a string
        that is the name, alone or behind a dot."""
        found = {word for text in self.tree.strings for word in re.findall(r"(?:^|\.)(\w+)$", text)}
        for node in self.nodes:
            match node:
                case cst.AssignTarget(target=cst.Attribute() as target):
                    found.add(target.attr.value)
                case cst.Del() | cst.For() | cst.AugAssign() | cst.AnnAssign() | cst.AsName() | cst.Element():
                    inner = [getattr(node, name, None) for name in ("target", "name", "value")]
                    found |= {part.attr.value for part in inner if isinstance(part, cst.Attribute)}
                case cst.Arg() if node.keyword is not None:
                    found.add(node.keyword.value)
        return found

    def name(self, node: cst.CSTNode) -> str | None:
        """The built-in's name when `node` is a name that can only mean that built-in, else None."""
        occurrence = self.scopes.occurrence.get(node)
        if occurrence is None or self.may_change or occurrence.name in self.replaced or in_namespace(occurrence):
            return None
        return self.spelled(node)

    def spelled(self, node: cst.CSTNode) -> str | None:
        """The built-in's name when `node` is a name that nothing binds in the file."""
        occurrence = self.scopes.occurrence.get(node)
        if occurrence is None or self.star_import or occurrence.name not in BUILT_INS:
            return None
        return occurrence.name if occurrence.variable.kinds == {"load"} else None

    def means(self, name: str) -> bool:
        """Whether the name, written anywhere in the file but in a class with a metaclass, would be the built-in."""
        return not self.star_import and not self.is_another(name)

    def is_another(self, name: str) -> bool:
        """Whether the text shows that the name may mean something else somewhere in the file."""
        bound = any(s.variables[name].kinds != {"load"} for s in self.scopes.all if name in s.variables)
        return bound or self.may_change or name in self.replaced


def in_namespace(occurrence: Occurrence) -> bool:
    """Whether a name stands right in a class with bases or keywords, whose metaclass may have put names of its own
    into the body (`__prepare__`)."""
    node = occurrence.scope.node
    return occurrence.scope.kind == "class" and bool(node.bases or node.keywords)


def reserved() -> set[str]:
    """Words that mean something in Python itself."""
    return {*keyword.kwlist, *keyword.softkwlist, *BUILT_INS}


def _last_name(node: cst.CSTNode) -> str | None:
    node = node.attr if isinstance(node, cst.Attribute) else node
    return node.value if isinstance(node, cst.Name) else None


def _is_text(args) -> bool:
    return bool(args) and isinstance(args[0].value, cst.SimpleString)
