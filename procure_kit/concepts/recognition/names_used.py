"""The names that a piece of code uses and those that it defines, as far as its syntax tree tells."""

import ast

_COMPREHENSION = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def names_used(node: ast.AST) -> tuple[set[str], set[str]]:
    """The names that a piece of code uses, and those that it defines, outside its own inner scopes."""
    uses, definitions = set(), set()
    for child in ast.iter_child_nodes(node):
        inner_uses, inner_definitions = names_used(child)
        uses |= inner_uses
        definitions |= inner_definitions
    match node:
        case ast.Name(ctx=ast.Load()):
            uses.add(node.id)
        case ast.Name(ctx=ast.Store()):
            definitions.add(node.id)
        case ast.Name():  # `del x` needs it and takes it away
            uses.add(node.id)
            definitions.add(node.id)
        case ast.AugAssign(target=ast.Name(id=name)):
            uses.add(name)
        case ast.alias():
            definitions.add((node.asname or node.name).split(".")[0])
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            definitions.add(name)
        case ast.MatchMapping(rest=str(name)):
            definitions.add(name)
        case _ if isinstance(node, _COMPREHENSION):
            own = {n.id for part in node.generators for n in ast.walk(part.target) if isinstance(n, ast.Name)}
            first = names_used(node.generators[0].iter)[0]  # evaluated outside
            uses, definitions = uses - own | first, definitions - own
        case ast.Lambda():
            own = {n.arg for n in ast.walk(node.args) if isinstance(n, ast.arg)}
            uses, definitions = uses - own | names_used(node.args)[0], set()
        case _ if isinstance(node, _DEFINITION):
            definitions = {node.name}
    return uses, definitions
