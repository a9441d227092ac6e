"""The fields of a problem set's row, each of the type that it must have."""


def text_of(row: dict, *names: str) -> str:
    """The first of the named fields that the row has."""
    for name in names:
        if name in row:
            if not isinstance(row[name], str):
                raise ValueError(f"field {name!r} must be a string, not {type(row[name]).__name__}")
            return row[name].replace("\r\n", "\n")
    raise ValueError(f"field {names[0]!r} is missing")


def strings_of(row: dict, name: str) -> list[str]:
    value = row.get(name)
    value = [] if value is None else value
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"field {name!r} must be a list of strings")
    return [item.replace("\r\n", "\n") for item in value]


def number_of(row: dict, name: str) -> float:
    """A number that is not below zero. NaN and infinities are not, and whole numbers may be too large for a float."""
    value = 0 if row.get(name) is None else row[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise ValueError(f"field {name!r} must be a number from 0 to a billion")
    return float(value)


def docstring(text: str) -> str:
    """The text as a module's docstring, whatever it holds."""
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').replace("\0", "")
    return f'"""\n{escaped}\n"""\n'
