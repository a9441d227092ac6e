"""A comparison with an integer in one form, whichever operator it is written with: `x < 3` is `x <= 2` is `3 > x`."""

import ast

_MIRROR = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq}


def order_of(compare: ast.Compare) -> tuple | None:
    """The expression, "below" or "from", the least integer that is not below, and whether the number stands first."""
    if len(compare.ops) > 1:
        return None
    left, right, kind = compare.left, compare.comparators[0], type(compare.ops[0])
    first, second = _integer(left), _integer(right)
    if (first is None) == (second is None) or kind not in _MIRROR:
        return None
    expression, number, mirrored = (left, second, False) if first is None else (right, first, True)
    kind = _MIRROR[kind] if mirrored else kind
    if kind in (ast.Eq, ast.NotEq):
        length = (
            isinstance(expression, ast.Call) and isinstance(expression.func, ast.Name) and expression.func.id == "len"
        )
        sign = "below" if kind is ast.Eq else "from"
        return (expression, sign, 1, mirrored) if length and number == 0 else None
    bound = number + 1 if kind in (ast.LtE, ast.Gt) else number
    return expression, "below" if kind in (ast.Lt, ast.LtE) else "from", bound, mirrored


def _integer(node: ast.expr) -> int | None:
    match node:
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))) if not isinstance(value, bool):
            return -value
    return None
