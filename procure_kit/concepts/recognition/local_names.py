"""Every name of a function's variables made blank in a syntax tree, by Python's scope rules."""

import ast

_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_COMPREHENSION = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_HOLDS = {ast.Name: "id", ast.arg: "arg", ast.ExceptHandler: "name", ast.MatchAs: "name", ast.MatchStar: "name"}
_HOLDS |= {ast.MatchMapping: "rest"}


def blank_names(tree: ast.AST, local: frozenset[str] = frozenset(), in_class: frozenset[str] = frozenset()) -> None:
    """Blank the names of variables, parameters with them, in place. `local`: what is a function's variable here;
    `in_class`: what the class right around binds, which is none."""
    name = _HOLDS.get(type(tree))
    if name is not None and getattr(tree, name) in local - in_class:
        setattr(tree, name, "_")
    if isinstance(tree, ast.Nonlocal):
        tree.names = ["_" for _ in tree.names]
    if isinstance(tree, _FUNCTION | _COMPREHENSION):
        bound, elsewhere = _bound(tree)
        own = _own_parts(tree)
        for child in ast.iter_child_nodes(tree):
            _blank_outside(child, own, local, in_class)
        for part in own:
            blank_names(part, local - elsewhere | bound)
        return
    names = in_class.union(*_bound(tree)) if isinstance(tree, ast.ClassDef) else in_class
    for field, value in ast.iter_fields(tree):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                in_body = isinstance(tree, ast.ClassDef) and field == "body"
                blank_names(child, local, names if in_body else in_class)


def _own_parts(scope: ast.AST) -> list[ast.AST]:
    """What belongs to the scope of a function or a comprehension: not decorators, defaults, annotations and the first
    iterable, which are evaluated outside."""
    if isinstance(scope, _FUNCTION):
        names = [node for node in ast.walk(scope.args) if isinstance(node, ast.arg)]
        return [*names, *(scope.body if isinstance(scope.body, list) else [scope.body])]
    first = scope.generators[0]
    values = [getattr(scope, name) for name in ("elt", "key", "value") if hasattr(scope, name)]
    return [*values, first.target, *first.ifs, *scope.generators[1:]]


def _blank_outside(part: ast.AST, own: list[ast.AST], local: frozenset[str], in_class: frozenset[str]) -> None:
    """Blank what does not belong to a scope in one of its parts."""
    if any(part is each for each in own):
        if isinstance(part, ast.arg) and part.annotation is not None:
            blank_names(part.annotation, local, in_class)
            part.annotation = None
    elif isinstance(part, ast.arguments | ast.comprehension):
        for child in ast.iter_child_nodes(part):
            _blank_outside(child, own, local, in_class)
    else:
        blank_names(part, local, in_class)


def _bound(scope: ast.AST) -> tuple[frozenset[str], frozenset[str]]:
    """What a function, class or comprehension binds itself, and what it declares as another scope's."""
    bound, elsewhere, of_function, rest = set(), set(), set(), [scope]
    while rest:
        node = rest.pop()
        if node is not scope and isinstance(node, _FUNCTION | ast.ClassDef):
            rest.extend(_evaluated_around(node))  # a function or a class that is defined is not renamed
            continue
        if node is not scope and isinstance(node, _COMPREHENSION):
            bound.update(n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
            continue
        match node:
            case ast.Global():
                elsewhere.update(node.names)
            case ast.Nonlocal():
                of_function.update(node.names)
            case ast.Name(ctx=ast.Store() | ast.Del()):
                bound.add(node.id)
            case ast.arg() | ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar() | ast.MatchMapping():
                bound.add(getattr(node, _HOLDS[type(node)]))
        rest.extend(ast.iter_child_nodes(node))
    if isinstance(scope, ast.ClassDef):
        bound -= of_function
    return frozenset(bound) - elsewhere, frozenset(elsewhere)


def _evaluated_around(node: ast.AST) -> list[ast.AST]:
    """What a definition evaluates in the scope around it, where it may bind names by `:=`."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *(word.value for word in node.keywords)]
    around = [*node.args.defaults, *filter(None, node.args.kw_defaults), *getattr(node, "decorator_list", ())]
    annotated = [arg.annotation for arg in ast.walk(node.args) if isinstance(arg, ast.arg)]
    return [*around, *filter(None, [*annotated, getattr(node, "returns", None)])]
