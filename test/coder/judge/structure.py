"""Checks for nodes of every type: names, fields, errors, open points, drivers."""

import ast
import dataclasses
import inspect
import json
import re
import typing

from subject import any_value, hints, kinds, own, settle

# Modules that identify a store. HTTP and files need no driver, so the standard library counts.
drivers = {
    "postgresql": {"asyncpg", "psycopg", "psycopg2", "pg8000"},
    "redis": {"redis", "aioredis"},
    "http": {"urllib", "http", "httpx", "aiohttp", "requests"},
    "file": {"pathlib", "os", "tempfile", "shutil", "aiofiles"},
}
structural = {"Effect": {"operation"}, "Compute": {"operation"}, "Orchestrator": {"operation"}}
structural["Reducer"] = {"operation", "state", "event", "events"}


def imports_of(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module.split(".")[0]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in ("import_module", "__import__"):
            yield from (arg.value.split(".")[0] for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))


def check_fields(subject):
    fields, expect = subject.fields(), subject.expect
    for wanted in expect["fields"]:
        name = subject.actual(wanted)
        if name is None:
            yield f"The model has no field {wanted['names'][0]}; it has {', '.join(fields) or 'none'}."
            continue
        hint, field = fields[name]
        admitted = kinds(hint) - {"None"}
        accepted = set(wanted["types"])
        if not admitted or not all(kind in accepted or kind.split("[")[0] in accepted for kind in admitted):
            yield f"Field {name} is {hint}, not {' or '.join(wanted['types'])}."
        if wanted.get("optional") and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            yield f"Field {name} is optional in the contract, but has no default."
    if not expect["fields"]:
        if "data" not in fields:
            yield "The contract names no field, but there is no field data."
        elif kinds(fields["data"][0]) - {"None"} != {"dict"}:
            yield f"Field data is {fields['data'][0]}, not a dict."
    allowed = {name for wanted in expect["fields"] for name in wanted["names"]} | set(expect.get("may", []))
    allowed |= structural[expect["node_type"]] | (set() if expect["fields"] else {"data"})
    for name in fields:
        if name not in allowed:
            yield f"Field {name} is invented: the contract names no such field."


async def check_before_initialize(subject):
    try:
        result = await subject.make_node().execute(subject.make_input(operation=first_operation(subject)))
    except Exception as error:
        if not own(subject.module, type(error)):
            yield f"execute before initialize raises {type(error).__name__} ({error}), which is not an error of this module."
    else:
        yield f"execute before initialize raises nothing and returns {result!r:.100}."


def method_for(subject, operation):
    """Returns the node's method for an operation, by its verbs."""
    names = [name for name, _ in inspect.getmembers(subject.node, inspect.isroutine) if not name.startswith("__")]
    for verb in operation["verbs"]:
        for name in sorted(names, key=lambda name: (name.startswith("_"), len(name))):
            if name.strip("_") == verb or name.strip("_").startswith(verb + "_"):
                return name
    return None


def choices_of(hint):
    """Yields the texts that a Literal or an Enum allows, also inside an Optional."""
    if isinstance(hint, str):
        yield hint
    elif isinstance(hint, type) and hasattr(hint, "__members__"):
        yield from (member.value for member in hint if isinstance(member.value, str))
    else:
        for part in typing.get_args(hint):
            yield from choices_of(part)


def value_for(subject, operation):
    """Returns the value of `operation` that selects an operation."""
    method = method_for(subject, operation)
    if "operation" not in subject.fields():
        return None
    texts = list(choices_of(subject.fields()["operation"][0]))
    for verb in operation["verbs"]:
        for text in texts:
            if text.lower() == verb or text.lower().startswith(verb + "_"):
                return text
    return (method or operation["verbs"][0]).strip("_")


def first_operation(subject):
    operations = subject.expect.get("operations") or []
    return value_for(subject, operations[0]) if operations else None


def check_operations(subject):
    operations = subject.expect.get("operations") or []
    for operation in operations:
        if method_for(subject, operation) is None:
            yield f"No method of the node implements the operation {operation['verbs'][0]}."
    if len(operations) > 1 and "operation" not in subject.fields():
        yield "There are several operations, but the input has no field operation."


def named_in(point):
    return re.findall(r"[A-Za-z_][A-Za-z0-9_]*", point if isinstance(point, str) else json.dumps(point))


async def call_open_point(subject, name):
    """Calls a method with plausible arguments, and returns the error that it raised."""
    holder = subject.make_node() if hasattr(subject.node, name) else subject.module
    function = getattr(holder, name)
    known, arguments, carried = hints(function), [], subject.make_input(operation=first_operation(subject))
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.KEYWORD_ONLY):
            continue
        hint = known.get(parameter.name)
        plain = hint is not None and kinds(hint) <= {"int", "float", "str", "dict", "bool", "None", "Decimal", "bytes"}
        arguments.append(any_value(parameter.name, hint) if plain else carried)
    try:
        await settle(function(*arguments))
    except Exception as error:
        return error
    return None


async def check_open_points(subject, tree):
    points = subject.output.get("open_points", [])
    expected = subject.expect["open_points"]
    if expected == "some" and not points:
        yield "The contract leaves something open, but open_points is empty."
    if expected == "none" and points:
        yield f"The contract leaves nothing open, but open_points holds {json.dumps(points)}."
    errors, declared = [], set()
    for point in points:
        name = next((word for word in named_in(point) if callable(getattr(subject.node, word, None)) or
                     inspect.isfunction(getattr(subject.module, word, None))), None)
        if name is None:
            yield f"Open point {json.dumps(point)} names no method of the node."
            continue
        declared.add(name)
        error = await call_open_point(subject, name)
        if error is None:
            yield f"Open point {name} raises nothing when it is called."
        elif not (own(subject.module, type(error)) or isinstance(error, NotImplementedError)):
            yield f"Open point {name} raises {type(error).__name__}: {error}, not an error of this module."
        elif len(str(error)) < 15:
            yield f"Open point {name} does not say what is open: {str(error)!r}."
        else:
            errors.append(type(error))
    subject.open_names = tuple(sorted(declared))
    raised = {error.__name__ for error in errors} | {"NotImplementedError"}
    for owner in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]:
        if isinstance(owner, ast.ClassDef) and any(re.search("Protocol|ABC", ast.unparse(base)) for base in owner.bases):
            continue
        for function in owner.body:
            if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or function.name in declared:
                continue
            body = [line for line in function.body if not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))]
            if len(body) == 1 and isinstance(body[0], ast.Raise) and body[0].exc is not None:
                called = body[0].exc.func if isinstance(body[0].exc, ast.Call) else body[0].exc
                if ast.unparse(called).split(".")[-1] in raised:
                    yield f"{function.name} is left open, but is missing from open_points."


def check_store(subject, tree, source):
    expected, used = subject.expect["store"], set(imports_of(tree))
    if expected == "none":
        if subject.memory_store is not None:
            yield "The contract names no store, but there is a MemoryStore."
        for name in ("postgresql", "redis"):
            if used & drivers[name]:
                yield f"The contract names no store, but the module imports {', '.join(used & drivers[name])}."
        return
    if subject.memory_store is None:
        yield "The contract names a store, but there is no MemoryStore."
    parameter = inspect.signature(subject.node).parameters.get("store")
    if parameter is None or parameter.default is not None:
        yield "The node's constructor takes no store=None."
    else:
        try:
            subject.node()
        except Exception as error:
            yield f"The node cannot be created without a store: {type(error).__name__}: {error}."
    if subject.expect.get("transaction") and not re.search(r"transaction|commit", source, re.IGNORECASE):
        yield "The contract asks for a transaction, but the module has none."
    if not used & drivers[expected] and not (expected == "file" and re.search(r"\bopen\(", source)):
        yield f"The store is {expected}, but the module imports none of {', '.join(sorted(drivers[expected]))}."
    for name in ("postgresql", "redis"):
        if name != expected and used & drivers[name]:
            yield f"The store is {expected}, but the module imports {', '.join(used & drivers[name])}."


def seconds_of(node):
    """Returns the seconds of a constant expression, including `timedelta(minutes=15)` and 15 * 60."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return float(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = seconds_of(node.left), seconds_of(node.right)
        return left * right if left is not None and right is not None else None
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("timedelta"):
        units = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
        parts = [(units.get(word.arg), seconds_of(word.value)) for word in node.keywords]
        return sum(unit * value for unit, value in parts) if all(unit and value is not None for unit, value in parts) else None
    return None


def check_ttl_constant(subject, tree):
    ttl = subject.expect.get("ttl_seconds")
    if ttl is not None and not any(seconds_of(node) in (ttl, ttl * 1000) for node in ast.walk(tree) if isinstance(node, ast.expr)):
        yield f"Values should expire after {ttl} seconds, but the module does not contain that time."
