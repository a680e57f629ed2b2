"""Loads the generated module and finds its parts."""

import asyncio
import collections.abc
import dataclasses
import datetime
import decimal
import enum
import importlib.util
import inspect
import pathlib
import sys
import time
import traceback
import types
import typing
import uuid


class Clock:
    """The module's clock: the judge sets it, and sleeping only advances it."""

    offset = 0.0

    @classmethod
    def install(cls):
        real = {name: getattr(time, name) for name in ("time", "monotonic", "perf_counter")}
        for name, function in real.items():
            setattr(time, name, lambda function=function: function() + cls.offset)
            nanoseconds = getattr(time, name + "_ns")
            setattr(time, name + "_ns", lambda function=nanoseconds: function() + int(cls.offset * 1e9))
        real_datetime, real_sleep = datetime.datetime, asyncio.sleep

        class Datetime(real_datetime):
            @classmethod
            def now(cls, tz=None):
                return cls.fromtimestamp(time.time(), tz)

            @classmethod
            def utcnow(cls):
                return cls.fromtimestamp(time.time(), datetime.timezone.utc).replace(tzinfo=None)

        Datetime.__name__ = Datetime.__qualname__ = "datetime"
        datetime.datetime = Datetime

        def sleep(seconds):
            cls.offset += max(0.0, seconds)

        async def async_sleep(seconds, result=None):
            cls.offset += max(0.0, seconds)
            await real_sleep(0)
            return result

        time.sleep, asyncio.sleep = sleep, async_sleep


def load(path):
    """Imports the file as a module. Under -S, imports from outside the standard library fail."""
    spec = importlib.util.spec_from_file_location("generated_node", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["generated_node"] = module
    spec.loader.exec_module(module)
    return module


def own(module, thing):
    """Returns whether a class is defined in the module, not imported."""
    return getattr(thing, "__module__", None) == module.__name__


def hints(thing):
    try:
        return typing.get_type_hints(thing, include_extras=False)
    except Exception:
        return dict(getattr(thing, "__annotations__", {}))


def kinds(hint):
    """Returns the names of the types that a hint allows: `Optional[list[str]]` gives {"list[str]", "None"}."""
    if hint is None or hint is type(None):
        return {"None"}
    if hasattr(hint, "__supertype__"):
        return kinds(hint.__supertype__)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return set().union(*(kinds(arg) for arg in args))
    if origin is typing.Literal:
        return {type(arg).__name__ for arg in args}
    if origin in (list, tuple, collections.abc.Sequence):
        inner = sorted(set().union(*(kinds(arg) for arg in args if arg is not ...)))
        return {"list[" + "|".join(inner) + "]"}
    if origin in (dict, collections.abc.Mapping, collections.abc.MutableMapping) or hint in (dict,):
        return {"dict"}
    if hint in (list, tuple):
        return {"list"}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {type(member.value).__name__ for member in hint}
    if isinstance(hint, type) and issubclass(hint, pathlib.PurePath):
        return {"Path"}
    return {getattr(hint, "__name__", str(hint))}


def coerce(hint, sample):
    """Converts the sample to the hinted type."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hasattr(hint, "__supertype__"):
        return coerce(hint.__supertype__, sample)
    if origin in (typing.Union, types.UnionType):
        return coerce(next(arg for arg in args if arg is not type(None)), sample)
    if origin is typing.Literal:
        return sample if sample in args else args[0]
    if origin in (list, tuple, collections.abc.Sequence) or hint in (list, tuple):
        items = [coerce(args[0], item) for item in sample] if args and isinstance(sample, list) else sample
        items = items if isinstance(items, list) else [items]
        return tuple(items) if tuple in (origin, hint) else items
    if origin is not None or not isinstance(hint, type):
        return sample
    if issubclass(hint, enum.Enum):
        return next((member for member in hint if member.value == sample), next(iter(hint)))
    if hint is bool:
        return bool(sample)
    if hint in (int, float):
        try:
            return hint(sample)
        except (TypeError, ValueError):
            return hint(7301)
    if hint is str:
        return sample if isinstance(sample, str) else str(sample)
    if hint is bytes:
        return str(sample).encode()
    if hint is decimal.Decimal:
        return decimal.Decimal(str(sample))
    if issubclass(hint, datetime.datetime):
        if isinstance(sample, str):
            return datetime.datetime.fromisoformat(sample)
        return datetime.datetime.fromtimestamp(sample, datetime.timezone.utc)
    if issubclass(hint, datetime.date):
        return datetime.date.fromisoformat(str(sample)[:10])
    if issubclass(hint, datetime.timedelta):
        return datetime.timedelta(seconds=float(sample))
    if issubclass(hint, uuid.UUID):
        return uuid.uuid5(uuid.NAMESPACE_URL, str(sample))
    if issubclass(hint, pathlib.PurePath):
        return pathlib.Path(str(sample))
    return sample


def any_value(name, hint):
    """Returns a value for a field or parameter that the contract does not mention."""
    kind = next(iter(sorted(kinds(hint) - {"None"})), "None")
    if kind == "None":
        return None
    if kind == "dict":
        return {"judge": "Judged 7F3A"}
    if kind.startswith("list"):
        return coerce(hint, ["Judged 7F3A"])
    samples = {"int": 7301, "float": 7301.5, "Decimal": 7301.5, "bool": True, "datetime": "2024-05-06T07:08:09+00:00"}
    return coerce(hint, samples.get(kind, f"{name} 7F3A"))


class Subject:
    """A loaded module and the contract that it must fulfil."""

    def __init__(self, module, expect, output):
        self.module, self.expect, self.output = module, expect, output
        self.node = self.input_model = self.output_model = self.memory_store = None
        self.open_names = ()

    def find(self):
        """Finds the class and the models; returns a finding for each that is missing."""
        names = self.expect.get("class_names")
        if names is None:
            kind = self.expect["node_type"]
            names = [name for name in vars(self.module) if name.startswith("Node") and name.endswith(kind)]
            if self.output.get("class_name") is not None:
                names = [name for name in names if name == self.output["class_name"]]
        for name in names:
            self.node = self.node or getattr(self.module, name, None)
        if not inspect.isclass(self.node) or not own(self.module, self.node):
            self.node = None
            return [f"There is no class {' or '.join(names) or 'Node…' + self.expect['node_type']}."]
        core = self.node.__name__.removeprefix("Node")
        kind = self.expect["node_type"]
        stem, _, suffix = core.rpartition(kind)
        problems = []
        for end in ("Input", "Output"):
            candidates = [f"Model{stem}{end}", f"Model{stem}{suffix}{end}", f"Model{stem}{end}{suffix}"]
            found = next((getattr(self.module, name) for name in candidates if hasattr(self.module, name)), None)
            if found is None or not dataclasses.is_dataclass(found):
                problems.append(f"There is no dataclass {candidates[0]}.")
            setattr(self, end.lower() + "_model", found)
        self.memory_store = getattr(self.module, "MemoryStore", None)
        return problems

    def carriers(self):
        """Returns the dataclasses with the contract's fields: the input, and a reducer's event inside it."""
        found = [self.input_model]
        for hint in hints(self.input_model).values():
            for part in (hint, *typing.get_args(hint)):
                if inspect.isclass(part) and dataclasses.is_dataclass(part) and "Event" in part.__name__:
                    found.append(part)
        return found

    def fields(self):
        """Maps each field name to (hint, dataclass field), over all carriers."""
        result = {}
        for carrier in self.carriers():
            carried = hints(carrier)
            for field in dataclasses.fields(carrier):
                result[field.name] = (carried.get(field.name, field.type), field)
        return result

    def actual(self, wanted):
        """Returns the name of an expected field in the model."""
        return next((name for name in wanted["names"] if name in self.fields()), None)

    def samples(self):
        return {name: wanted["sample"] for wanted in self.expect["fields"] if (name := self.actual(wanted)) is not None}

    def by_actual_name(self, values):
        """Renames values from a field's first expected name to its name in the model."""
        named = {wanted["names"][0]: self.actual(wanted) for wanted in self.expect["fields"]}
        return {named.get(name) or name: value for name, value in values.items()}

    def build(self, model, values, leave_out=()):
        """Creates a dataclass with these values; a field with a default and no value keeps its default."""
        carried, arguments = hints(model), {}
        for field in dataclasses.fields(model):
            hint = carried.get(field.name, field.type)
            has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
            if field.name in leave_out or not field.init:
                continue
            inner = next((part for part in (hint, *typing.get_args(hint)) if part in self.carriers()), None)
            if field.name in values:
                arguments[field.name] = coerce(hint, values[field.name])
            elif inner is not None:
                value = self.build(inner, values, leave_out)
                arguments[field.name] = value if inner is hint or "None" in kinds(hint) else [value]
            elif not has_default:
                arguments[field.name] = any_value(field.name, hint)
        return model(**arguments)

    def make_input(self, changes=None, operation=None, leave_out=()):
        values = {**self.samples(), **self.by_actual_name(changes or {})}
        if operation is not None:
            values["operation"] = operation
        return self.build(self.input_model, values, leave_out)

    def make_node(self, store=None):
        if store is None and self.memory_store is not None:
            store = self.memory_store()
        takes = inspect.signature(self.node).parameters
        return self.node(store=store) if "store" in takes and store is not None else self.node()

    def is_open(self, error):
        """Returns whether an error or one of its causes was raised in a declared open point."""
        while error is not None:
            if any(frame.name in self.open_names for frame in traceback.extract_tb(error.__traceback__)):
                return True
            error = error.__cause__ or error.__context__
        return False


async def settle(value):
    return await value if inspect.isawaitable(value) else value


def words(name):
    return [word for word in name.strip("_").lower().split("_") if word != ""]
