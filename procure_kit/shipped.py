"""What comes with the kit beside its code: in a checkout next to the package, where it was installed inside it."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The folder "data" or "notebooks", or a path in one of them; whether anything lies there is for the reader."""
    inside = PACKAGE / name
    return inside if inside.exists() else PACKAGE.parent / name


DATA, NOTEBOOKS = shipped("data"), shipped("notebooks")
RESULTS = DATA / "results"  # every measured table, and beside it the command that made it
