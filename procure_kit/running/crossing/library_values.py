"""The standard library's values that stay as they were made: each crosses as the arguments that make it anew."""

import datetime
import http
import pathlib
import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

RATIO = re.compile(r"-?\d+(/\d+)?")  # what str gives of a Fraction, which also reads "1e999999999", for hours
KEYS, VALUES, ITEMS = type({}.keys()), type({}.values()), type({}.items())
ENUMS = {kind.__name__: kind for kind in (http.HTTPStatus, http.HTTPMethod, re.RegexFlag, uuid.SafeUUID)}


def _ratio(text: str) -> Fraction:
    if not RATIO.fullmatch(text):
        raise ValueError("no fraction")
    return Fraction(text)


def _moment(value: datetime.datetime | datetime.time) -> tuple:
    return value.hour, value.minute, value.second, value.microsecond, value.tzinfo, value.fold


def _datetime(year, month, day, hour, minute, second, microsecond, tzinfo, fold) -> datetime.datetime:
    return datetime.datetime(year, month, day, hour, minute, second, microsecond, tzinfo, fold=fold)


def _time(hour, minute, second, microsecond, tzinfo, fold) -> datetime.time:
    return datetime.time(hour, minute, second, microsecond, tzinfo, fold=fold)


def _zone(value: ZoneInfo) -> tuple | None:
    return (value.key,) if value.key else None


def _bytes_of(value: memoryview) -> tuple | None:
    simple = value.ndim == 1 and value.format == "B" and value.contiguous
    return (value.tobytes(), value.readonly) if simple else None


CODECS: dict[type, tuple[Callable, Callable]] = {  # what makes it anew, and how to get that out of it
    complex: (complex, lambda v: (v.real, v.imag)),
    range: (range, lambda v: (v.start, v.stop, v.step)),
    slice: (slice, lambda v: (v.start, v.stop, v.step)),
    Decimal: (Decimal, lambda v: (str(v),)),
    Fraction: (_ratio, lambda v: (str(v),)),
    datetime.date: (datetime.date, lambda v: (v.year, v.month, v.day)),
    datetime.datetime: (_datetime, lambda v: (v.year, v.month, v.day, *_moment(v))),
    datetime.time: (_time, _moment),
    datetime.timedelta: (datetime.timedelta, lambda v: (v.days, v.seconds, v.microseconds)),
    datetime.timezone: (datetime.timezone, datetime.timezone.__getinitargs__),
    ZoneInfo: (ZoneInfo, _zone),
    uuid.UUID: (lambda number: uuid.UUID(int=number), lambda v: (v.int,)),
    memoryview: (lambda data, fixed: memoryview(data if fixed else bytearray(data)), _bytes_of),
    KEYS: (lambda items: dict.fromkeys(items).keys(), lambda v: (list(v),)),
    VALUES: (lambda items: dict(enumerate(items)).values(), lambda v: (list(v),)),
    ITEMS: (lambda items: dict(items).items(), lambda v: (list(v),)),
    **{
        kind: (kind, lambda v: (str(v),))
        for kind in (pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.PosixPath)
    },
    **{kind: (kind.__getitem__, lambda v: (v.name,)) for kind in ENUMS.values()},
}
VIEWS = {KEYS, VALUES, ITEMS, memoryview}  # what they show can change
TAGS = {kind: kind.__name__ for kind in CODECS}
BUILD = {kind.__name__: build for kind, (build, _) in CODECS.items()}


def parts(value: object) -> tuple | None:
    """What makes the value anew; None where it cannot be told."""
    return CODECS[type(value)][1](value)
