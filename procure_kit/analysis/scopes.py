"""The model of names: occurrences in the text, the variables that they stand for, and scopes inside scopes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst

from procure_kit.problems.counterfactual import Span

BINDING = {"store", "update", "delete", "parameter", "import", "def", "class", "type", "type parameter"}


@dataclass(eq=False)
class Occurrence:
    """One name in the text. `kind`: "load", "store", "update" (augmented assignment: load and store), "delete",
    "parameter", "import", "def", "class", "type" (by a `type` statement), "type parameter" or "declare" (in a `global`
    or `nonlocal` statement)."""

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
