"""What a statement of a syntax tree needs and gives, by the variables that the analysis knows."""

import ast
from dataclasses import dataclass

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.python_tree import PythonTree
from procure_kit.analysis.scopes import Occurrence, Variable
from procure_kit.analysis.source_tree import children


@dataclass(frozen=True)
class Needs:
    """`spoken`: the words of the strings that it hands on, which may name variables."""

    uses: set[Variable]
    definitions: set[Variable]
    spoken: set[str]

    def shared_with(self, other: "Needs") -> list[str]:
        """The names for which the order of two statements matters."""
        shared = self.definitions & other.definitions or self.definitions & other.uses or self.uses & other.definitions
        told = {v.name for v in self.definitions} & other.spoken | {v.name for v in other.definitions} & self.spoken
        return sorted({variable.name for variable in shared} | told)


class Statements:
    """The statements of a source, found by where they begin."""

    def __init__(self, parsed: PythonTree, analysis: Analysis):
        self.parsed, self.analysis = parsed, analysis
        lines = [line for block in analysis.blocks for line in block.body]
        simple = [small for line in lines if isinstance(line, cst.SimpleStatementLine) for small in line.body]
        nodes = [*simple, *(line for line in lines if not isinstance(line, cst.SimpleStatementLine))]
        self.at = {analysis.tree.span(node)[0]: node for node in nodes}

    def needs(self, statement: ast.stmt) -> Needs:
        """What a function that is defined needs when it is called counts as needed; what it does then, not as given."""
        node = self.at[self.parsed.span(statement)[0]]
        now, later = self._occurrences(node), self._occurrences(node, later=True)
        read = [o for o in (*now, *later) if o.kind in ("load", "update", "delete")]
        uses = {o.variable for o in read}
        in_class = {o.name for o in read if o.scope.kind == "class"}  # where it is not bound yet, the module's is read
        uses |= {v for name, v in self.analysis.scopes.module.variables.items() if name in in_class}
        spoken = {word for _, word in self.analysis.onlookers.handed(node)}
        return Needs(uses, {o.variable for o in now if o.kind != "load"}, spoken)

    def _occurrences(self, node: cst.CSTNode, later: bool = False) -> list[Occurrence]:
        """The names that are evaluated now, or those in the bodies of functions inside."""
        own = self.analysis.scopes.occurrence.get(node)
        found = [own] if own is not None and not later else []
        for child in children(node):
            is_later = isinstance(node, cst.FunctionDef | cst.Lambda) and child is node.body
            if is_later and later:
                found += self._occurrences(child) + self._occurrences(child, later=True)
            elif not is_later:
                found += self._occurrences(child, later)
        return found
