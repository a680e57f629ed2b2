"""Judges a Reducer: the fold is deterministic and correct, and does not change its arguments."""

import copy
import dataclasses
import inspect

from effect import Trial, marks_of
from store import holds, text_of
from structure import first_operation
from subject import hints, kinds, own, settle


def initial_state_of(subject, node):
    """Returns the initial state: from the node, the module, or a state class's defaults."""
    for holder in (node, subject.module):
        for name in ("initial_state", "INITIAL_STATE", "initial", "make_initial_state"):
            if hasattr(holder, name):
                found = getattr(holder, name)
                return found() if callable(found) else copy.deepcopy(found)
    for name, thing in vars(subject.module).items():
        if name.endswith("State") and inspect.isclass(thing) and own(subject.module, thing):
            return thing()
    return None


def event_for(subject, reduce, values):
    """Builds an event of the type that `reduce` takes."""
    parameters = [name for name in inspect.signature(reduce).parameters if name != "self"]
    hint = hints(reduce).get(parameters[1]) if len(parameters) > 1 else None
    values = {**subject.samples(), **subject.by_actual_name(values)}
    if inspect.isclass(hint) and dataclasses.is_dataclass(hint):
        return subject.build(hint, values)
    if hint is not None and kinds(hint) == {"dict"}:
        return values if subject.expect["fields"] else {"judge": "Judged 7F3A"}
    return subject.build(subject.input_model, {**values, "operation": first_operation(subject) or "reduce"})


async def judge_fold(subject):
    node = Trial(subject).node
    reduce = getattr(node, "reduce", None) or getattr(subject.module, "reduce", None)
    if reduce is None:
        yield "There is no reduce(state, event)."
        return
    await node.initialize()
    start = initial_state_of(subject, node)
    if start is None:
        yield "There is no initial state."
        return
    for fold in subject.expect.get("folds") or [{"events": [{}], "holds": []}]:
        ends, opened = [], False
        for _ in range(2):
            state = initial_state_of(subject, node)
            for values in fold["events"]:
                before = copy.deepcopy(state)
                event = event_for(subject, reduce, values)
                event_before = repr(event)
                try:
                    after = await settle(reduce(state, event))
                except Exception as error:
                    if not subject.is_open(error) or subject.expect.get("must_run"):
                        yield f"reduce raises {type(error).__name__}: {error}"
                    opened = True
                    break
                if state != before or repr(state) != repr(before):
                    yield "reduce changes the state passed to it."
                if repr(event) != event_before:
                    yield "reduce changes the event passed to it."
                state = after
            ends.append(state)
        if opened:
            continue
        if repr(ends[0]) != repr(ends[1]):
            yield f"The same events gave {ends[0]!r:.200} and then {ends[1]!r:.200}."
        if ends[0] is None or repr(ends[0]) == repr(initial_state_of(subject, node)):
            yield f"After {len(fold['events'])} events the state is still the initial one: the events are lost."
        wrong = [value for value in fold["holds"] if not holds(ends[0], value)]
        if wrong:
            yield f"After {fold['events']} the state should hold {wrong}; it is {ends[0]!r:.300}."
    await node.shutdown()


async def judge_execute(subject):
    trial = Trial(subject)
    await trial.node.initialize()
    output, error = await trial.execute(None, first_operation(subject))
    for finding in trial.judge("execute", output, error):
        yield finding
    if error is None and trial.store is not None:
        lost = [mark for mark in marks_of(subject, False) if mark not in text_of(trial.store)]
        if lost:
            yield f"execute reports success, but {lost} is not in the store."
    await trial.node.shutdown()


judgements = [judge_fold, judge_execute]
