"""A notebook's parameters: what there are, whether what was given fits, and a table of them."""

import ast
import io
import tokenize
from dataclasses import dataclass
from pathlib import Path

from procure_kit.problems.ranges import RANGES, refuse_impossible

TYPES = {bool: "True or False", int: "a whole number", float: "a number", str: "text", list: "a list", tuple: "a list"}


@dataclass(frozen=True)
class Parameter:
    """`default` is the value in the notebook's own cell; `help` the comment behind it."""

    name: str
    default: object
    help: str = ""

    def value(self, text: str):
        """What was given, as this parameter takes it.

        Raises: ValueError when it is of another type, or a number that cannot be meant. The notebook's own value can:
        its help says what a 0 stands for.
        """
        if isinstance(self.default, str):
            return text
        value = parse_value(text)
        kind = type(self.default)
        many = type(value) in (list, tuple)
        fits = type(value) is kind or kind is float and type(value) is int or kind in (list, tuple) and many
        if self.default is not None and not fits:
            wanted = TYPES.get(kind, kind.__name__)
            raise ValueError(f"parameter {self.name!r} is {wanted}, such as {self.default!r}, not {text!r}")
        if self.name in RANGES and value != self.default:
            refuse_impossible("parameter {!r}".format, **{self.name: value})
        return float(value) if kind is float else list(value) if many else value  # papermill writes no tuples


def parse_value(text: str):
    """A Python literal where it is one (`true` and `false` count), else the text itself."""
    try:
        return ast.literal_eval({"true": "True", "false": "False", "none": "None"}.get(text.lower(), text))
    except (ValueError, SyntaxError):
        return text


def known_parameters(path: Path) -> dict[str, Parameter]:
    """What the cell tagged `parameters` sets, in its order. A value's help is the comment at its line's end."""
    import nbformat

    cells = nbformat.read(path, as_version=4).cells
    source = next((cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])), "")
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    return {
        statement.targets[0].id: Parameter(
            statement.targets[0].id, ast.literal_eval(statement.value), comments.get(statement.end_lineno, "")
        )
        for statement in ast.parse(source).body
    }


def given(pairs: list[tuple[str, str]], known: dict[Path, dict[str, Parameter]]) -> dict[Path, dict]:
    """What each notebook is run with. Raises: ValueError for a name that none has, or a value that does not fit."""
    for key, _ in pairs:
        if not any(key in names for names in known.values()):
            listing = "; ".join(f"{path.stem}: {', '.join(sorted(names))}" for path, names in known.items())
            raise ValueError(f"no chosen notebook has a parameter {key!r} ({listing})")
    return {path: {key: names[key].value(text) for key, text in pairs if key in names} for path, names in known.items()}


def listing(known: dict[Path, dict[str, Parameter]]) -> str:
    """A table: each notebook's parameters with their defaults and what they are for."""
    lines = []
    for path, names in known.items():
        lines.append(path.stem)
        width = max((len(name) for name in names), default=0)
        wide = max((len(repr(p.default)) for p in names.values()), default=0)
        lines += [f"  {p.name:{width}}  {p.default!r:{wide}}  {p.help}".rstrip() for p in names.values()]
    return "\n".join(lines)
