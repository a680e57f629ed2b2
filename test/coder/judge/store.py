"""Inspects stores and outputs, and makes stores that fail on purpose."""

import collections.abc
import dataclasses
import datetime
import decimal
import enum
import inspect
import math


def flatten(value, seen=None):
    """Yields every plain value inside a value, including keys."""
    seen = set() if seen is None else seen
    if value is None or isinstance(value, (str, int, float, decimal.Decimal, datetime.date, datetime.timedelta)):
        yield value.value if isinstance(value, enum.Enum) else value
        return
    if isinstance(value, (bytes, bytearray)):
        yield bytes(value).decode("utf-8", "replace")
        return
    if id(value) in seen or inspect.ismodule(value) or inspect.isroutine(value) or isinstance(value, type):
        return
    seen.add(id(value))
    if isinstance(value, enum.Enum):
        yield value.value
    elif isinstance(value, collections.abc.Mapping):
        for key, item in value.items():
            yield from flatten(key, seen)
            yield from flatten(item, seen)
    elif isinstance(value, (list, tuple, set, frozenset)) or type(value).__name__ == "deque":
        for item in value:
            yield from flatten(item, seen)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from flatten(getattr(value, field.name), seen)
    else:
        yield from flatten(getattr(value, "__dict__", {}), seen)
        for name in getattr(type(value), "__slots__", ()):
            yield from flatten(getattr(value, name, None), seen)
        if not hasattr(value, "__dict__"):
            yield str(value)


def text_of(value):
    """Returns all plain values inside a value as one text."""
    return "\n".join(str(item) for item in flatten(value))


def holds(value, wanted):
    """Returns whether a value contains a wanted value: a number by value, a text as a substring."""
    for item in flatten(value):
        if isinstance(wanted, bool) or isinstance(item, bool):
            if isinstance(wanted, bool) and isinstance(item, bool) and item == wanted:
                return True
        elif isinstance(wanted, (int, float)):
            if isinstance(item, (int, float, decimal.Decimal)) and math.isclose(float(item), wanted, rel_tol=1e-6, abs_tol=1e-9):
                return True
        elif str(wanted) in str(item):
            return True
    return False


def operations_of(store_class):
    """Returns the names of a store's public methods."""
    return [name for name, thing in inspect.getmembers(store_class, inspect.isfunction) if not name.startswith("_")]


def failing(store_class, fails):
    """Returns a subclass of a store that counts calls; `fails(n)` may return an error to raise instead of call n, from 0."""

    class Failing(store_class):
        calls = 0
        armed = True

    def wrap(name, method):
        def check(self):
            if not self.armed:
                return
            number = Failing.calls
            Failing.calls += 1
            error = fails(number)
            if error is not None:
                raise error

        def plain(self, *args, **kwargs):
            check(self)
            self.armed = False
            try:
                return method(self, *args, **kwargs)
            finally:
                self.armed = True

        async def awaited(self, *args, **kwargs):
            check(self)
            self.armed = False
            try:
                return await method(self, *args, **kwargs)
            finally:
                self.armed = True

        wrapped = awaited if inspect.iscoroutinefunction(method) else plain
        wrapped.__name__ = name
        return wrapped

    for name in operations_of(store_class):
        setattr(Failing, name, wrap(name, getattr(store_class, name)))
    return Failing
