"""What the checks of two programs share: walking both syntax trees at once, and saying how they differ."""

import ast

Pair = tuple[tuple[ast.AST, ast.AST], tuple[ast.AST, ast.AST]]  # first and last node in the one tree, in the other


class NotThisConcept(ValueError):
    """The programs differ in another way; the message says how."""


def same(one, other) -> bool:
    """Whether two syntax trees, or two lists of them, are equal."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, ast.AST) and isinstance(other, ast.AST):
        return ast.dump(one) == ast.dump(other)
    return type(one) is type(other) and one == other  # 1 is neither True nor 1.0


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
