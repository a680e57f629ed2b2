"""Judges an Orchestrator: steps run in order; if one fails, the completed steps are undone in reverse."""

import inspect

from effect import Trial
from store import flatten, text_of
from structure import first_operation
from subject import any_value, hints, own, words

undoing = {"undo", "cancel", "compensate", "compensation", "rollback", "roll", "revert", "unwind"}
running = {"step", "do", "run", "execute", "perform"}


def core_of(name):
    """Returns the words of a step's name without numbers and a leading verb such as `run`."""
    parts = [word for word in words(name) if not word.isdigit()]
    return parts[1:] if len(parts) > 1 and parts[0] in running else parts


def is_verb(word, verbs):
    return any(word == verb or (len(verb) > 3 and word.startswith(verb)) for verb in verbs)


def methods_of(subject):
    return [name for name, _ in inspect.getmembers(subject.node, inspect.isfunction) if not name.startswith("__")]


def find_steps(subject):
    """Returns the method of each step, or None."""
    found = []
    for verbs in subject.expect["steps"]:
        fits = [name for name in methods_of(subject) if words(name)[0] not in undoing
                and (is_verb(core_of(name)[0], verbs) or is_verb(words(name)[0], verbs)) and name not in found]
        found.append(min(fits, key=lambda name: (name.startswith("_"), len(name)), default=None))
    return found


def find_undoing(subject, steps):
    verbs = [verb for group in subject.expect.get("undo", []) for verb in group]
    return [name for name in methods_of(subject) if name not in steps and (words(name)[0] in undoing or is_verb(words(name)[0], verbs))]


def undone_step(subject, steps, name, arguments):
    """Returns the number of the step that a compensation call undoes."""
    for number, verbs in enumerate(subject.expect.get("undo", [])):
        if is_verb(words(name)[0], verbs):
            return number
    said = " ".join([name, *(str(getattr(argument, "__name__", argument)) for argument in arguments)])
    hits = [number for number, step in enumerate(steps) if step.strip("_") in said or "_".join(core_of(step)) in said]
    if not hits:
        hits = [number for number, verbs in enumerate(subject.expect["steps"]) if any(is_verb(word, verbs) for word in words(name)[1:])]
    if not hits:
        hits = [number for number, things in enumerate(subject.expect.get("things", [])) if any(thing in words(name) for thing in things)]
    return hits[0] if len(hits) == 1 else None


def replace(subject, name, action):
    """Replaces a method by a recorder, and returns a function that restores it.

    Only the function's code changes, because a node may keep its steps in a table of functions.
    """
    static = inspect.getattr_static(subject.node, name)
    function = getattr(subject.node, name)
    shifted = 0 if isinstance(static, staticmethod) else 1
    hint = hints(function).get("return")

    def act(arguments):
        action(name, arguments[shifted:])
        return any_value(name, hint) if hint is not None else {}

    made, hook = {}, f"_judge_{name}"
    awaits = "async " if inspect.iscoroutinefunction(function) else ""
    exec(f"{awaits}def recorder(*arguments, **named):\n    return {hook}(arguments)", made)
    recorder = made["recorder"]
    made[hook] = function.__globals__[hook] = act
    kept = function.__code__, function.__defaults__, function.__kwdefaults__
    try:
        function.__code__, function.__defaults__, function.__kwdefaults__ = recorder.__code__, None, None
    except ValueError:
        # The code of a function with a closure cannot be replaced.
        setattr(subject.node, name, staticmethod(recorder) if shifted == 0 else recorder)
        return lambda: setattr(subject.node, name, static)

    def restore():
        function.__code__, function.__defaults__, function.__kwdefaults__ = kept

    return restore


def mentioned_steps(subject, output):
    """Returns the steps that an output mentions, in its order."""
    seen = []
    for item in flatten(output):
        if not isinstance(item, str) or len(item) > 60:
            continue
        parts = core_of(item.replace(" ", "_").replace("-", "_"))
        number = next((number for number, verbs in enumerate(subject.expect["steps"]) if parts and is_verb(parts[0], verbs)), None)
        if number is not None and number not in seen:
            seen.append(number)
    return seen


async def play(subject, steps, undo, fails_at):
    done, undone, restore = [], [], []

    def step(name, _):
        done.append(steps.index(name))
        if steps.index(name) == fails_at:
            raise RuntimeError(f"judge: step {name} fails")

    for name in steps:
        restore.append(replace(subject, name, step))
    for name in undo:
        restore.append(replace(subject, name, lambda name, arguments: undone.append(undone_step(subject, steps, name, arguments))))
    try:
        trial = Trial(subject)
        await trial.node.initialize()
        output, error = await trial.execute(None, first_operation(subject))
        await trial.node.shutdown()
    finally:
        for put_back in restore:
            put_back()
    return trial, done, [number for number in undone if number is not None], output, error


async def judge_plain(subject):
    """Runs the node unchanged: it succeeds, or stops at a declared open point."""
    trial = Trial(subject)
    await trial.node.initialize()
    output, error = await trial.execute(None, first_operation(subject))
    for finding in trial.judge("execute", output, error):
        yield finding
    stopped_at_open = any(name in text_of(output) for name in subject.open_names)
    if error is None and not stopped_at_open and mentioned_steps(subject, output) != list(range(len(subject.expect["steps"]))):
        yield f"The output does not record the steps in order: {output!r:.300}."
    await trial.node.shutdown()


async def judge_steps(subject):
    steps = find_steps(subject)
    missing = [subject.expect["steps"][number][0] for number, name in enumerate(steps) if name is None]
    if missing:
        yield f"No method of the node implements the step {', '.join(missing)}; it has {', '.join(methods_of(subject))}."
        return
    undo, order = find_undoing(subject, steps), list(range(len(steps)))
    trial, done, undone, output, error = await play(subject, steps, undo, None)
    for finding in trial.judge("execute with every step done", output, error):
        yield finding
    if done != order:
        yield f"The steps ran as {[steps[number] for number in done]}, not as {steps}."
    if undone:
        yield "It undoes steps although none failed."
    if error is None and mentioned_steps(subject, output) != order:
        yield f"The output does not record the steps in order: {output!r:.300}."
    for fails_at in order:
        trial, done, undone, output, error = await play(subject, steps, undo, fails_at)
        if done != order[: fails_at + 1]:
            yield f"If {steps[fails_at]} fails, the steps ran as {[steps[number] for number in done]}."
        if error is None and not any(word in repr(output).lower() for word in ("fail", "error", "compensat", "rolled", "undone", "false")):
            yield f"{steps[fails_at]} failed, but it returns {output!r:.200}."
        if error is not None and not own(subject.module, type(error)):
            yield f"If {steps[fails_at]} fails, it raises {type(error).__name__}, which is not an error of this module."
        # The node may undo the failed step, too.
        earlier = [number for number in undone if number != fails_at]
        wanted = [number for number in reversed(order[:fails_at]) if number in undoable(subject, steps)]
        if earlier != sorted(set(earlier) & set(done), reverse=True) or not set(earlier) >= set(wanted):
            yield f"If {steps[fails_at]} fails, it undoes {[steps[n] for n in earlier]}, not {[steps[n] for n in wanted]}."


def undoable(subject, steps):
    """Returns the steps that must be undone: those with a named compensation, else all that leave something to undo."""
    named = [number for number, verbs in enumerate(subject.expect.get("undo", [])) if verbs]
    return named or [number for number in range(len(steps)) if number not in subject.expect.get("nothing_to_undo", [])]


judgements = [judge_plain, judge_steps]
