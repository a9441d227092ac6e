"""Which tests can leave no trace in the process that runs them, and which can only run in the candidate's process."""

import ast
import builtins
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module

from procure_kit.running.calls_ahead import calls_ahead, walk
from procure_kit.running.sharing import outermost, own_names, reasons

MODULES = {  # names of modules whose use changes nothing that outlives it
    "math": {name for name in dir(__import__("math")) if not name.startswith("_")},
    "random": {"choice", "choices", "gauss", "randint", "random", "randrange", "sample", "seed", "shuffle", "uniform"},
    "copy": {"copy", "deepcopy"},
    "collections": {"Counter", "OrderedDict", "defaultdict", "deque"},
    "itertools": {"accumulate", "chain", "combinations", "count", "islice", "permutations", "product", "zip_longest"},
    "string": {"ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "punctuation"},
    "typing": {"Any", "Dict", "List", "Optional", "Set", "Tuple", "Union"},
    "numpy": {"allclose", "array", "array_equal", "float32", "float64", "inf", "isclose", "isnan", "nan", "ndarray"},
}
BUILTINS = {
    "abs", "all", "any", "bin", "bool", "bytearray", "bytes", "callable", "chr", "complex", "dict", "divmod",
    "enumerate", "filter", "float", "format", "frozenset", "hash", "hex", "int", "isinstance", "len", "list", "map",
    "max", "min", "next", "oct", "ord", "pow", "print", "range", "repr", "reversed", "round", "set", "slice", "sorted",
    "str", "sum", "tuple", "type", "zip",
    *(name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, Exception)),
}  # fmt: skip
STATEMENTS = (
    ast.Module, ast.FunctionDef, ast.Return, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.While, ast.If,
    ast.Try, ast.ExceptHandler, ast.Assert, ast.Expr, ast.Pass, ast.Break, ast.Continue, ast.Raise, ast.Delete,
    ast.Import, ast.ImportFrom,
)  # fmt: skip
HARMLESS = {
    ast.List, ast.Tuple, ast.Dict, ast.Set, ast.arguments, ast.arg, ast.keyword,
    ast.Call, ast.Compare, ast.UnaryOp, ast.USub, ast.BinOp, *ast.cmpop.__subclasses__(), ast.Assert,
}  # fmt: skip
LONG = 20_000  # characters of tests beyond which nothing is sent ahead: it has to fit into a socket's buffer
INSPECTING = {"inspect", "dis", "gc", "unittest.mock", "mock", "tracemalloc", "ctypes"}


@dataclass(frozen=True)
class Traits:
    """`plain`: no trace is left; `free`: names that it takes from elsewhere; `check`: it defines check(candidate);
    `inside`: why it can only run in the candidate's own process, "" when it need not; `doubt`: why it should also run
    in one process with the program (sharing.py), "" when nothing speaks for it; `seen`: names that it reads or binds
    and the program may define as well, with what they are where it imports them; `ahead`: the arguments of the calls
    that it begins with, whatever comes of them, and that can be sent all at once."""

    plain: bool
    free: tuple[str, ...]
    check: bool
    inside: str
    doubt: str
    seen: dict[str, str]
    ahead: list[tuple[tuple, dict]]


@lru_cache(maxsize=4096)
def traits(source: str, entry_point: str = "", known: tuple[str, ...] = ()) -> Traits:
    """Look at the tests of a problem. `known`: names that the program imports. Raises: SyntaxError."""
    tree = ast.parse(source)
    nodes = walk(tree)
    modules = dict(imports(nodes))
    bound = set(modules)
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name) | ast.FunctionDef(name=name):
                bound.add(name)
            case ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)):
                bound.add(name)
    loaded = dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    free = tuple(name for name in loaded if name not in bound and not hasattr(builtins, name) and name != entry_point)
    trace = next((node for node in nodes if type(node) not in HARMLESS and _leaves_a_trace(node, modules, bound)), None)
    checks = [node for node in outermost(tree) if isinstance(node, ast.FunctionDef) and node.name == "check"]
    tested = {entry_point, *(check.args.args[0].arg for check in checks if check.args.args)}
    doubt = (
        "" if trace is None else f"the tests do more than call the program: {ast.unparse(trace).splitlines()[0][:80]}"
    )
    doubt = doubt or reasons(tree, nodes, tested, free, entry_point)
    seen = {name: modules.get(name, "") for name in {*loaded, *own_names(tree, nodes)} - {entry_point}}
    # What a test does before a call, with a file say, must be done when it is made: such tests send nothing ahead.
    early = trace is None and len(source) <= LONG and all(check in tree.body for check in checks)
    ahead = list(calls_ahead(tree.body, checks, entry_point)) if early else []
    inside = _inside(nodes, tuple(name for name in free if name not in known), {entry_point, "candidate"})
    return Traits(trace is None, free, bool(checks), inside, doubt, seen, ahead)


@lru_cache(maxsize=256)
def imported(program: str) -> tuple[str, ...]:
    """Names that a program's imports bind, those of `from module import *` for a module of the standard library too."""
    found = dict(imports(walk(ast.parse(program))))
    stars = [name.removesuffix(".*") for name in found.values() if name.endswith(".*")]
    known = [name for name in stars if name.split(".")[0] in MODULES or name in sys.stdlib_module_names]
    return (*found, *(name for module in known for name in dir(import_module(module))))


def imports(nodes: list[ast.AST]) -> Iterator[tuple[str, str]]:
    """(name, module) or (name, "module.name") for each name that an import binds."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname or alias.name.split(".")[0]), alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield (alias.asname or alias.name), f"{node.module}.{alias.name}"


def _leaves_a_trace(node: ast.AST, modules: dict[str, str], bound: set[str]) -> bool:
    """Whether the node could change what outlives the tests, hide that they were stopped, or is not known."""
    match node:
        case ast.Import(names=names):
            return any(alias.name not in MODULES for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            return bool(level) or any(alias.name not in MODULES.get(module, ()) for alias in names)
        case ast.Name(id=name, ctx=ast.Load()):
            return hasattr(builtins, name) and name not in BUILTINS and name not in bound
        case ast.Attribute(value=value, attr=name, ctx=ast.Load()):
            if isinstance(value, ast.Name) and modules.get(value.id) in MODULES:
                return name not in MODULES[modules[value.id]]
            return name.startswith("_")
        case ast.Attribute() | ast.ExceptHandler(type=None):
            return True
        case ast.FunctionDef(decorator_list=decorators):
            return bool(decorators)
        case ast.Try(finalbody=final):
            return bool(final)
        case ast.stmt() | ast.ExceptHandler():
            return not isinstance(node, STATEMENTS)
        case ast.Yield() | ast.YieldFrom() | ast.Await():
            return True
    return False


def _inside(nodes: list[ast.AST], free: tuple[str, ...], tested: set[str]) -> str:
    """Why the tests need the candidate's own process: they look into it, or compare by its classes."""
    for node in nodes:
        match node:
            case ast.Import() | ast.ImportFrom():
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
                for name in names:
                    if name in INSPECTING or name.split(".")[0] in INSPECTING:
                        return f"the tests import {name}, which looks into a process"
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in tested and attribute[:2] == "__":
                return f"the tests read {name}.{attribute}"
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, kind]):
                for part in ast.walk(kind):
                    if isinstance(part, ast.Name) and part.id in free:
                        return f"the tests ask for instances of {part.id}, a class of the program"
            case ast.Compare(left=left, comparators=others):
                for side in (left, *others):
                    if isinstance(side, ast.Attribute) and isinstance(side.value, ast.Name) and side.value.id in free:
                        return f"the tests compare with {ast.unparse(side)}, an object of the program"
                    called = side.func if isinstance(side, ast.Call) else None
                    if isinstance(called, ast.Name) and called.id in free and called.id[:1].isupper():
                        return f"the tests compare with an instance of {called.id}, a class of the program"
    return ""
