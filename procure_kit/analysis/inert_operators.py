"""What a display, an operator or a comparison adds to the effects of its parts: nothing where the types prove it."""

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.inference import PLAIN, kind

_INERT_OPERATORS = {"Add", "Subtract", "Multiply", "BitAnd", "BitOr", "BitXor"}


def adds_nothing(analysis: Analysis, node: cst.CSTNode) -> bool:
    """Whether a node adds nothing to the effects of its parts: no error, and no code that is not shown."""

    def known(kinds: set[str], part: cst.CSTNode) -> bool:
        return kind(analysis, part) in kinds

    match node:
        case cst.Element() | cst.DictElement() | cst.ConcatenatedString() | cst.ComparisonTarget():
            return True
        case cst.Tuple() | cst.List():
            return all(isinstance(element, cst.Element) for element in node.elements)
        case cst.Set():
            return all(known(PLAIN, element.value) for element in node.elements)
        case cst.Dict():
            return all(isinstance(e, cst.DictElement) and known(PLAIN, e.key) for e in node.elements)
        case cst.FormattedStringExpression():
            # Not so for int: one of more than 4,300 digits raises.
            return known({"str"}, node.expression) and node.format_spec is None and node.conversion is None
        case cst.UnaryOperation(operator=cst.Not()):
            return known(PLAIN, node.expression)
        case cst.UnaryOperation():
            return known({"int"} if isinstance(node.operator, cst.BitInvert) else {"int", "float"}, node.expression)
        case cst.BooleanOperation():
            return known(PLAIN, node.left)
        case cst.IfExp():
            return known(PLAIN, node.test)
        case cst.Comparison():
            return _comparison_is_inert(analysis, node)
        case cst.BinaryOperation():
            return arithmetic_is_inert(analysis, node.left, node.operator, node.right)
    return False


def _comparison_is_inert(analysis: Analysis, node: cst.Comparison) -> bool:
    left = node.left
    for target in node.comparisons:
        if not isinstance(target.operator, cst.Is | cst.IsNot):
            pair = {kind(analysis, left), kind(analysis, target.comparator)}
            equality = isinstance(target.operator, cst.Equal | cst.NotEqual) and pair <= PLAIN
            order = pair in ({"int"}, {"str"}, {"float"}, {"int", "float"})
            if not equality and not (order and not isinstance(target.operator, cst.In | cst.NotIn)):
                return False
        left = target.comparator
    return True


def arithmetic_is_inert(analysis: Analysis, left, operator, right) -> bool:
    """Sums and products of integers, and sums of strings: they cannot raise (but for lack of memory)."""
    name = type(operator).__name__.removesuffix("Assign")
    kinds = {kind(analysis, left), kind(analysis, right)}
    if name in ("FloorDivide", "Modulo"):
        return kinds == {"int"} and isinstance(right, cst.Integer) and right.evaluated_value != 0
    return kinds == {"int"} and name in _INERT_OPERATORS or kinds == {"str"} and name == "Add"
