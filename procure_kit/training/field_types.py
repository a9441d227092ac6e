"""The fields of a settings' dataclass against their annotations: Python and run files are checked by the same words."""

from collections.abc import Collection
from dataclasses import fields
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    tuple: "a list",
    dict: "a table",
    NoneType: "none",
}


def check_types(settings, names: Collection[str] | None = None) -> None:
    """Raises: ValueError naming a field that has another type than its annotation says, among `names` or all.

    A whole number is a number, too; true and false are none. Infinity and "not a number" are numbers for no setting.
    """
    hints = get_type_hints(type(settings))
    for field in fields(settings):
        value = getattr(settings, field.name)
        if (names is None or field.name in names) and not _fits(value, hints[field.name]):
            kinds = [kind for kind in _kinds(hints[field.name]) if kind is not NoneType]
            wanted = " or ".join(dict.fromkeys(WORDS.get(get_origin(kind) or kind, kind.__name__) for kind in kinds))
            raise ValueError(f"{field.name} must be {wanted}, not {value!r}")


def _kinds(hint) -> tuple:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _fits(value: Any, hint) -> bool:
    return any(_is(value, kind) for kind in _kinds(hint))


def _is(value: Any, kind) -> bool:
    origin = get_origin(kind)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(each, get_args(kind)[0]) for each in value)
    if kind is float:
        return isinstance(value, Real) and not isinstance(value, bool) and abs(value) < float("inf")
    if kind is int:
        return isinstance(value, Integral) and not isinstance(value, bool)
    return isinstance(value, origin or kind)
