"""The families of functions, by what they go through: importing this package registers them all in registry.py."""

from procure_kit.world.families import (
    built_tables,
    characters,
    lists,
    neighbours,
    ranges,
    searches,
    sums,
    tables,
    whole_numbers,
    words,
)
from procure_kit.world.registry import FAMILIES

__all__ = [
    "FAMILIES",
    "built_tables",
    "characters",
    "lists",
    "neighbours",
    "ranges",
    "searches",
    "sums",
    "tables",
    "whole_numbers",
    "words",
]
