"""What comes with the kit beside its code: in a checkout next to the package, where it was installed inside it."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = (PACKAGE.parent / "pyproject.toml").is_file()
_beside = PACKAGE.parent if CHECKOUT else PACKAGE
DATA, NOTEBOOKS = _beside / "data", _beside / "notebooks"  # whether anything lies there is for the reader
RESULTS = DATA / "results"  # every measured table, and beside it the command that made it
NEW_RESULTS = RESULTS if CHECKOUT else Path()  # where a measurement goes that is told no other place


def brought_back_by(path: str) -> str:
    """The command that restores a file or folder of those, such as "data/tiny"."""
    return f"git checkout -- {path}" if CHECKOUT else "pip install --force-reinstall --no-deps procure-kit"
