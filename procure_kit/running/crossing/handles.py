"""What stands for an object that stays on the other side of the boundary, and what may be asked of it."""

from functools import lru_cache

STAYS = "which stays on its own side"  # said of what a handle stands for
OPERATIONS = {  # what the other side may ask of an object that stayed here
    "call": lambda target, args, kwargs: target(*args, **kwargs),
    "iter": lambda target, args, kwargs: iter(target),
    "next": lambda target, args, kwargs: next(target),
    "getattr": lambda target, args, kwargs: getattr(target, *args),
    "setattr": lambda target, args, kwargs: setattr(target, *args),
    "getitem": lambda target, args, kwargs: target[args[0]],
    "len": lambda target, args, kwargs: len(target),
    "bool": lambda target, args, kwargs: bool(target),
    "str": lambda target, args, kwargs: str(target),
}


class Handle:
    """Stands for an object of the other side: what is done with it is done there, and gives plain data again.

    It is equal to nothing but itself, and holds what iterating it gives: no `__eq__` or `__contains__` of the other
    side is asked. It can be called, iterated or measured where the object can (`handle_type`).
    """

    __slots__ = ("_peer", "_number", "_kind")

    def __init__(self, peer, number: int, kind: str):
        for name, value in (("_peer", peer), ("_number", number), ("_kind", kind)):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        return self._peer.request("getattr", self._number, (name,))

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("_"):
            raise AttributeError(name)
        self._peer.request("setattr", self._number, (name, value))

    def __bool__(self) -> bool:
        return self._peer.request("bool", self._number)

    def __str__(self) -> str:
        return self._peer.request("str", self._number)

    def __repr__(self) -> str:
        return f"<{self._kind}>"


ABILITIES = {
    "__call__": lambda handle, *args, **kwargs: handle._peer.request("call", handle._number, args, kwargs),
    "__iter__": lambda handle: handle._peer.request("iter", handle._number),
    "__next__": lambda handle: handle._peer.request("next", handle._number),
    "__getitem__": lambda handle, key: handle._peer.request("getitem", handle._number, (key,)),
    "__len__": lambda handle: handle._peer.request("len", handle._number),
}


@lru_cache
def handle_type(able: tuple[str, ...]) -> type[Handle]:
    """A Handle with some of the ABILITIES, so that `callable` and `isinstance(x, Iterable)` are told the truth."""
    return type("Handle", (Handle,), {"__slots__": (), **{name: ABILITIES[name] for name in able}})
