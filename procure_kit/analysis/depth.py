"""How deep a source may be nested: the kit's own number, whatever the interpreter's limit and whoever calls.

Python's parser, LibCST and the kit's walks recurse as deep as the source is nested, and the interpreter counts that
together with the frames of the caller, up to a limit that any library may change. So depth is measured without
recursion, and what recurses runs in a thread of its own with room for that depth.
"""

import ast
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import wraps

DEEPEST = 3_000  # levels of the syntax tree: CPython compiles few that have more
LONGEST_CHAIN = 12_000  # levels of LibCST's tree, in which `a or b or c` has one for each
FRAMES = 30 * LONGEST_CHAIN  # of Python, that a walk over so deep a tree may take: `copy.deepcopy` takes the most
STACK = 256 << 20  # bytes for what recurses in C and in LibCST's parser; only what is used is ever taken

_here = threading.local()
_lock = threading.Lock()
_threads = 0  # that need the room now
_limit = 0  # of the interpreter before the first of them


def check_depth(tree: ast.AST) -> int:
    """How many levels a tree has.

    Raises: ValueError with one sentence for more than DEEPEST, or more than LONGEST_CHAIN where a chain of n `and` or
    `or` counts as n: LibCST reads it as pairs of pairs.
    """
    rest, deepest = [(tree, 1, 1)], 1
    while rest:
        node, level, pairs = rest.pop()
        deepest = max(deepest, level)
        if isinstance(node, ast.BoolOp):
            pairs += len(node.values) - 2
        if level > DEEPEST or pairs > LONGEST_CHAIN:
            line = f"line {node.lineno}: " if hasattr(node, "lineno") else ""
            most = DEEPEST if level > DEEPEST else LONGEST_CHAIN
            raise ValueError(f"{line}the source is nested too deeply: more than {most:,} levels are not analysed")
        rest.extend((child, level + 1, pairs + 1) for child in ast.iter_child_nodes(node))
    return deepest


def with_room(function: Callable) -> Callable:
    """Decorate what recurses along a syntax tree: it has the same room however deep its caller stands.

    While it runs, the interpreter's own limit is FRAMES for all threads; then it is what it was.
    """

    @wraps(function)
    def call(*args, **kwargs):
        if getattr(_here, "roomy", False):
            return function(*args, **kwargs)
        outcome: Future = Future()
        with _lock:
            _widen()
            before = threading.stack_size(STACK)
            try:
                threading.Thread(target=_run, args=(outcome, function, args, kwargs), daemon=True).start()
            except BaseException:
                _narrow()
                raise
            finally:
                threading.stack_size(before)
        return outcome.result()

    return call


def _run(outcome: Future, function: Callable, args: tuple, kwargs: dict) -> None:
    _here.roomy = True
    try:
        result, error = function(*args, **kwargs), None
    except BaseException as raised:
        result, error = None, raised
    with _lock:
        _narrow()
    if error is None:
        outcome.set_result(result)
    else:
        outcome.set_exception(error)


def _widen() -> None:
    global _threads, _limit
    if not _threads:
        _limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(FRAMES, sys.getrecursionlimit()))
    _threads += 1


def _narrow() -> None:
    global _threads
    _threads -= 1
    if not _threads and sys.getrecursionlimit() == FRAMES:  # else somebody has set another one meanwhile
        sys.setrecursionlimit(_limit)
