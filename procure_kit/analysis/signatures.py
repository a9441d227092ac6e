"""The parts of a function's head."""

import libcst as cst


def parameters(params: cst.Parameters) -> list[cst.Param]:
    """All parameters in the order of the text."""
    star = [params.star_arg] if isinstance(params.star_arg, cst.Param) else []
    rest = [params.star_kwarg] if params.star_kwarg is not None else []
    return [*params.posonly_params, *params.params, *star, *params.kwonly_params, *rest]


def defaults(params: cst.Parameters) -> list[cst.BaseExpression]:
    return [param.default for param in parameters(params) if param.default is not None]


def annotations(node: cst.FunctionDef) -> list[cst.Annotation]:
    """Of the parameters, and of what is returned."""
    found = [param.annotation for param in parameters(node.params)]
    return [annotation for annotation in (*found, node.returns) if annotation is not None]
