"""Judges a Compute: equal inputs give equal outputs, the output is correct, and nothing else is touched."""

import copy
import sys

from effect import Trial, judge_optional, judge_rejections
from store import holds
from structure import first_operation
from subject import Clock

watched = {"touched": None}
outside = ("socket.", "subprocess.", "os.system", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "shutil.", "urllib.", "sqlite3.")


def watch(event, arguments):
    if watched["touched"] is None:
        return
    writes = event == "open" and isinstance(arguments[1], str) and any(letter in arguments[1] for letter in "wax+")
    if writes or event.startswith(outside) or event in ("os.putenv", "os.unsetenv"):
        watched["touched"].append(f"{event} {arguments!r:.80}")


def globals_of(module):
    kept = {}
    for name, value in vars(module).items():
        if isinstance(value, (dict, list, set, int, float, str)) and not name.startswith("__"):
            kept[name] = copy.deepcopy(value)
    return kept


async def once(subject, values):
    trial = Trial(subject)
    await trial.node.initialize()
    given = subject.make_input(values, first_operation(subject))
    before = repr(given)
    try:
        output, error = await trial.node.execute(given), None
    except Exception as raised:
        output, error = None, raised
    await trial.node.shutdown()
    return trial, output, error, repr(given) == before


async def judge_purity(subject):
    sys.addaudithook(watch)
    before, watched["touched"] = globals_of(subject.module), []
    trial, first, error, kept = await once(subject, None)
    Clock.offset += 86_400
    _, second, _, _ = await once(subject, None)
    touched, watched["touched"] = watched["touched"], None
    for finding in trial.judge("execute", first, error):
        yield finding
    if not kept:
        yield "execute changes the input."
    if error is None and repr(first) != repr(second):
        yield f"The same input gave {first!r:.200} and then {second!r:.200}."
    if globals_of(subject.module) != before:
        yield "execute changes global variables of the module."
    for event in touched:
        yield f"A Compute accessed the outside world: {event}."


async def judge_examples(subject):
    for example in subject.expect.get("examples", []):
        _, output, error, _ = await once(subject, example["input"])
        if error is not None:
            if not subject.is_open(error) or subject.expect.get("must_run"):
                yield f"{example['input']} raises {type(error).__name__}: {error}"
            continue
        wrong = [value for value in example["holds"] if not holds(output, value)]
        if wrong:
            yield f"{example['input']} should give {wrong}, but gives {output!r:.300}."


judgements = [judge_purity, judge_examples, judge_optional, judge_rejections]
