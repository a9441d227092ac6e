"""The table of families: each registers itself by its function's name."""

FAMILIES = {}


def family(draw):
    """Register a function that draws a `Sketch` from a random generator."""
    FAMILIES[draw.__name__] = draw
    return draw
