"""The negation of a test by De Morgan's laws, as edits, so that its comments and line breaks stay.

    a < b and not c   →   a >= b or c

Truth is asked of the same operands, in the same order, as often as before: short circuits stay where they were.
"""

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.inference import EXACT, kind
from procure_kit.problems.counterfactual import Edit

_COMPLEMENT = {
    cst.Equal: "!=", cst.NotEqual: "==", cst.LessThan: ">=", cst.GreaterThanEqual: "<", cst.GreaterThan: "<=",
    cst.LessThanEqual: ">", cst.In: "not in", cst.NotIn: "in", cst.Is: "is not", cst.IsNot: "is",
}  # fmt: skip
_LOOSE = cst.BooleanOperation | cst.IfExp | cst.Lambda | cst.NamedExpr  # bind less tightly than `not`


def negate(analysis: Analysis, test: cst.BaseExpression) -> tuple[list[Edit], bool]:
    """The edits that negate a test, and whether the result is its opposite for every value.

    A comparison turns into its complement, unless its operands are known to have none (`<` on floats and sets), and
    a chain of comparisons is negated whole: its middle is evaluated once.
    """
    match test:
        case cst.UnaryOperation(operator=cst.Not()):
            return [Edit(analysis.tree.span(test)[0], outer(analysis, test.expression)[0], "")], True
        case cst.BooleanOperation():
            return _de_morgan(analysis, test)
        case cst.Comparison(comparisons=[target]) if _has_complement(analysis, test):
            edit = Edit(*analysis.tree.span(target.operator), _COMPLEMENT[type(target.operator)])
            return [edit], exactly_comparable(analysis, test.left, target.operator, target.comparator)
    return negate_whole(analysis, test), True


def negate_whole(analysis: Analysis, test: cst.BaseExpression) -> list[Edit]:
    """`not (...)` around a test as it stands."""
    start, end = outer(analysis, test)
    bare = not test.lpar and isinstance(test, _LOOSE | cst.Comparison | cst.UnaryOperation | cst.BinaryOperation)
    return [Edit(start, start, "not (" if bare else "not ")] + [Edit(end, end, ")")] * bare


def _de_morgan(analysis: Analysis, test: cst.BooleanOperation) -> tuple[list[Edit], bool]:
    flipped = "or" if isinstance(test.operator, cst.And) else "and"
    edits, exact = [Edit(*analysis.tree.span(test.operator), flipped)], True
    for part in (test.left, test.right):
        more, sure = negate(analysis, part)
        if isinstance(part, cst.BooleanOperation) and type(part.operator) is not type(test.operator) and not part.lpar:
            start, end = analysis.tree.span(part)  # `b and c` in an `or` turns into `or` in an `and`
            more = [Edit(start, start, "("), *more, Edit(end, end, ")")]
        edits += more
        exact = exact and sure
    return edits, exact


def _has_complement(analysis: Analysis, test: cst.Comparison) -> bool:
    target = test.comparisons[0]
    if isinstance(target.operator, cst.Equal | cst.NotEqual | cst.In | cst.NotIn | cst.Is | cst.IsNot):
        return True
    kinds = {kind(analysis, test.left), kind(analysis, target.comparator)}
    return not kinds & {"float", "set", "list", "tuple"}


def outer(analysis: Analysis, node: cst.BaseExpression) -> tuple[int, int]:
    """The span of an expression with its parentheses."""
    first = node.lpar[0] if node.lpar else node
    last = node.rpar[-1] if node.rpar else node
    return analysis.tree.span(first)[0], analysis.tree.span(last)[1]


def exactly_comparable(analysis: Analysis, left: cst.CSTNode, operator: cst.CSTNode, right: cst.CSTNode) -> bool:
    """Whether a comparison and its complement are opposite for every value: not so for `<` on floats (NaN), sets
    and types of the program's own."""
    kinds = {kind(analysis, left), kind(analysis, right)}
    match operator:
        case cst.In() | cst.NotIn() | cst.Is() | cst.IsNot():
            return True
        case cst.Equal() | cst.NotEqual():
            return kinds <= EXACT
        case _:
            return kinds in ({"int"}, {"str"}, {"bytes"})
