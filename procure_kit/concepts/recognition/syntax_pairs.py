"""What the checks of two programs share: walking both syntax trees at once, and saying how they differ."""

import ast

Pair = tuple[tuple[ast.AST, ast.AST], tuple[ast.AST, ast.AST]]  # first and last node in the one tree, in the other


class NotThisConcept(ValueError):
    """The programs differ in another way; the message says how."""


def dump(node) -> str:
    """A text that two syntax trees share when they are equal. `ast.dump` writes numbers in decimal, which Python
    refuses for those of thousands of digits."""
    match node:
        case ast.AST():
            return f"{type(node).__name__}({', '.join(dump(getattr(node, name, None)) for name in node._fields)})"
        case list():
            return f"[{', '.join(map(dump, node))}]"
        case int() if not isinstance(node, bool):
            return hex(node)
    return repr(node)


def shown(node: ast.AST) -> str:
    """An expression as a sentence shows it."""
    try:
        return ast.unparse(node)
    except ValueError:
        return f"an expression of line {node.lineno} with a number of thousands of digits"


class Alike:
    """Tells whether syntax trees, or lists of them, are equal: those that are have one number. Each node is looked at
    once, however often it is asked about, so that trees must not change as long as this is in use."""

    def __init__(self):
        self.numbers: dict[tuple, int] = {}  # of all that was met, by what it is
        self.known: dict[int, tuple[ast.AST, int]] = {}  # by the id of a node, which is kept so that it stays its own

    def __call__(self, one, other) -> bool:
        return self.number(one) == self.number(other)

    def number(self, part) -> int:
        if not isinstance(part, ast.AST):
            return self.numbered(self.key(part))
        if id(part) not in self.known:
            self.known[id(part)] = part, self.numbered(self.key(part))
        return self.known[id(part)][1]

    def numbered(self, key: tuple) -> int:
        return self.numbers.setdefault(key, len(self.numbers))

    def key(self, part) -> tuple:
        """What is equal for equal parts."""
        if isinstance(part, list):
            return (list, *map(self.number, part))
        if isinstance(part, ast.AST):
            return (type(part), *[self.number(getattr(part, name, None)) for name in part._fields])
        return type(part), dump(part)  # 1 is neither True nor 1.0


def same(one, other) -> bool:
    """Whether two syntax trees, or two lists of them, are equal: it ends at the first difference."""
    rest = [(one, other)]
    while rest:
        a, b = rest.pop()
        pairs = parts(a, b)
        if pairs is None and (isinstance(a, ast.AST | list) or type(a) is not type(b) or dump(a) != dump(b)):
            return False
        rest += pairs or ()
    return True


def parts(one, other) -> list[tuple] | None:
    """What stands in the same places of two nodes of one kind or two lists of one length; None for anything else."""
    if isinstance(one, ast.AST) and type(one) is type(other):
        return [(getattr(one, name, None), getattr(other, name, None)) for name in one._fields]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return list(zip(one, other, strict=True))
    return None


def ends(part: ast.AST | list[ast.stmt]) -> tuple[ast.AST, ast.AST]:
    return (part[0], part[-1]) if isinstance(part, list) else (part, part)


def several(count: int, detail: str = "") -> str:
    """The number of sites, where it is not one, before what else is to be said."""
    return "; ".join(part for part in (f"{count} sites" if count > 1 else "", detail) if part)
