"""Judges an Effect: writes reach the store, reads come from it, and failures are not hidden."""

import pathlib
import uuid

from store import failing, holds, text_of
from structure import first_operation, value_for
from subject import Clock, own


class Trial:
    """One node with one store."""

    def __init__(self, subject, store=None):
        self.subject = subject
        self.store = store if store is not None or subject.memory_store is None else subject.memory_store()
        self.node = subject.make_node(self.store)

    async def execute(self, changes=None, operation=None, leave_out=()):
        """Returns (output, None) or (None, error)."""
        try:
            return await self.node.execute(self.subject.make_input(changes, operation, leave_out)), None
        except Exception as error:
            return None, error

    def judge(self, what, output, error):
        """Yields findings about an execute that should have succeeded."""
        if error is not None and (not self.subject.is_open(error) or self.subject.expect.get("must_run")):
            yield f"{what} raises {type(error).__name__}: {error}"
        if error is None and not isinstance(output, self.subject.output_model):
            yield f"{what} returns {type(output).__name__}, not {self.subject.output_model.__name__}."


def marks_of(subject, keys):
    """Returns the texts that identify written data."""
    given, marks = subject.make_input(operation=first_operation(subject)), []
    for field in subject.expect["fields"]:
        if bool(field.get("key")) == keys:
            value = getattr(given, subject.actual(field) or "", None)
            text = value.decode() if isinstance(value, bytes) else str(value)
            if isinstance(value, (str, bytes, uuid.UUID, pathlib.Path)) and len(text) > 3:
                marks.append(text)
    return marks or ([] if subject.expect["fields"] else ["Judged 7F3A"])


async def judge_operations(subject):
    expect, trial = subject.expect, Trial(subject)
    operations = expect.get("operations") or [{"verbs": ["execute"], "role": expect.get("role", "write")}]
    several = len(operations) > 1
    await trial.node.initialize()
    written = open_before = False
    for operation in operations:
        verb, role = operation["verbs"][0], operation["role"]
        chosen = value_for(subject, operation) if several else first_operation(subject)
        before = text_of(trial.store)
        output, error = await trial.execute(operation.get("changes"), chosen)
        after = text_of(trial.store)
        if error is not None and subject.is_open(error) and not expect.get("must_run"):
            open_before = True
            continue
        if error is not None and own(subject.module, type(error)) and (operation.get("may_miss") or open_before):
            continue
        for finding in trial.judge(verb, output, error):
            yield finding
        if error is not None:
            continue
        if role == "write":
            written = True
            marks = marks_of(subject, False) or marks_of(subject, True)
            lost = [mark for mark in marks if mark not in after]
            if trial.store is not None and (after == before or lost):
                yield f"{verb} reports success, but {lost or 'the record'} is not in the store."
        elif role == "update" and written:
            lost = [value for value in operation["changes"].values() if not holds(trial.store, value)]
            if lost:
                yield f"{verb} reports success, but {lost} is not in the store."
        elif role == "read" and written:
            missing = [mark for mark in marks_of(subject, False) if not holds(output, mark)]
            if missing:
                yield f"{verb} does not return what was written: {missing} is missing in {output!r:.300}."
        elif role == "delete" and written:
            mark = next((mark for mark in marks_of(subject, True) + marks_of(subject, False) if mark in before), None)
            if mark is not None and after.count(mark) >= before.count(mark):
                yield f"{verb} reports success, but {mark!r} is still in the store."
    await trial.node.shutdown()


async def judge_optional(subject):
    """Omits the fields that the contract calls optional."""
    optional = [name for field in subject.expect["fields"] if field.get("optional") and (name := subject.actual(field)) is not None]
    if not optional:
        return
    trial = Trial(subject)
    await trial.node.initialize()
    output, error = await trial.execute(None, first_operation(subject), optional)
    may_miss = any(operation.get("may_miss") for operation in (subject.expect.get("operations") or [])[:1])
    if may_miss and error is not None and own(subject.module, type(error)):
        return
    for finding in trial.judge(f"execute without {', '.join(optional)}", output, error):
        yield finding
    await trial.node.shutdown()


def passing_errors(module):
    """Yields errors that a store may raise for a transient fault."""
    yield ConnectionError("judge: connection reset")
    yield TimeoutError("judge: timed out")
    for name, thing in vars(module).items():
        if isinstance(thing, type) and issubclass(thing, Exception) and own(module, thing):
            if any(word in name for word in ("Transient", "Unavailable", "Retry", "Timeout", "Connection", "Store", "Transport", "Http")):
                try:
                    yield thing("judge: unavailable")
                except TypeError:
                    continue


async def judge_retries(subject):
    wanted = subject.expect.get("retries")
    if wanted is None or subject.memory_store is None:
        return
    operation, seen = first_operation(subject), []
    for fault in passing_errors(subject.module):
        store_class = failing(subject.memory_store, lambda number: fault if 0 <= number < wanted - 1 else None)
        trial = Trial(subject, store_class())
        store_class.calls = -10_000
        await trial.node.initialize()
        store_class.calls = 0
        output, error = await trial.execute(None, operation)
        if error is not None and subject.is_open(error):
            return
        if error is not None or not isinstance(output, subject.output_model):
            seen.append(f"{type(fault).__name__}: {error!r} after {store_class.calls} calls")
            continue
        store_class = failing(subject.memory_store, lambda number: fault if number >= 0 else None)
        trial = Trial(subject, store_class())
        store_class.calls = -10_000
        await trial.node.initialize()
        store_class.calls = 0
        output, error = await trial.execute(None, operation)
        if error is None:
            yield f"Each attempt fails, but it returns {output!r:.200}."
        elif not own(subject.module, type(error)):
            yield f"If each attempt fails, it raises {type(error).__name__}, which is not an error of this module."
        if not wanted <= store_class.calls <= wanted + 1:
            yield f"The contract allows {wanted} retries, but it called the store {store_class.calls} times."
        return
    yield f"The contract asks for {wanted} attempts, but it does not survive {wanted - 1} faults: {'; '.join(seen)}."


async def judge_transaction(subject):
    if not subject.expect.get("transaction") or subject.memory_store is None:
        return
    operation = first_operation(subject)
    marks = marks_of(subject, False) + marks_of(subject, True)
    counted = failing(subject.memory_store, lambda number: None)
    trial = Trial(subject, counted())
    await trial.node.initialize()
    counted.calls = 0
    _, error = await trial.execute(None, operation)
    calls = counted.calls
    if error is not None:
        return
    for broken in range(calls):
        store_class = failing(subject.memory_store, lambda number: ValueError("judge: the store broke") if number == broken else None)
        trial = Trial(subject, store_class())
        store_class.calls = -10_000
        await trial.node.initialize()
        store_class.calls = 0
        output, error = await trial.execute(None, operation)
        if error is None:
            yield f"The store failed at call {broken + 1} of {calls}, but it returns {output!r:.200}."
        left = [mark for mark in marks if mark in text_of(trial.store)]
        if left:
            yield f"The store failed at call {broken + 1} of {calls}, but {left} stayed in it: no transaction."


async def judge_expiry(subject):
    """Checks that a value can be read until its time to live is over, and not after."""
    ttl, operations = subject.expect.get("ttl_seconds"), subject.expect.get("operations") or []
    write = next((operation for operation in operations if operation["role"] == "write"), None)
    read = next((operation for operation in operations if operation["role"] == "read"), None)
    if ttl is None or write is None or read is None:
        return
    marks = marks_of(subject, False)
    trial = Trial(subject)
    await trial.node.initialize()
    _, error = await trial.execute(None, value_for(subject, write))
    if error is not None:
        return
    Clock.offset += ttl * 0.9
    early, error = await trial.execute(None, value_for(subject, read))
    if error is not None or any(not holds(early, mark) for mark in marks):
        yield f"The value expires too early, before 90 % of {ttl} seconds: {error or early!r:.200}."
    Clock.offset += ttl * 0.2
    late, error = await trial.execute(None, value_for(subject, read))
    if error is None and marks and any(holds(late, mark) for mark in marks):
        yield f"After {ttl} seconds it still returns {late!r:.200}."
    if error is None and not marks and repr(late) == repr(early):
        yield f"After {ttl} seconds it still returns {late!r:.200}."
    if error is not None and not own(subject.module, type(error)):
        yield f"Reading an expired value raises {type(error).__name__}, which is not an error of this module."


async def judge_rejections(subject):
    for values in subject.expect.get("rejects", []):
        trial = Trial(subject)
        await trial.node.initialize()
        try:
            output, error = await trial.execute(values, first_operation(subject))
        except Exception as raised:
            output, error = None, raised
        if error is None:
            yield f"The contract rejects {values}, but it returns {output!r:.200}."


judgements = [judge_operations, judge_optional, judge_retries, judge_transaction, judge_expiry, judge_rejections]
