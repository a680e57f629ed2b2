"""Judges a generated node by running it: `{file, expect, output}` on stdin, `{"findings": [...]}` on stdout.

Runs as `python3 -I -S judge`, so only the standard library can be imported.
"""

import ast
import asyncio
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import compute
import effect
import orchestrator
import reducer
import structure
from subject import Clock, Subject, load

by_type = {
    "Effect": effect.judgements,
    "Compute": compute.judgements,
    "Reducer": reducer.judgements,
    "Orchestrator": orchestrator.judgements,
}


def check_itself(path):
    """Checks that `python3 FILE` passes the self-check and leaves no file behind."""
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run([sys.executable, "-I", "-S", path], cwd=folder, capture_output=True, text=True, timeout=20)
        if ran.returncode != 0:
            yield f"Its self-check exits {ran.returncode}: {ran.stderr.strip()[-300:]}"
        if os.listdir(folder):
            yield f"Its self-check leaves {os.listdir(folder)} behind."


def check_methods(subject):
    for name in ("initialize", "execute", "shutdown"):
        if not asyncio.iscoroutinefunction(getattr(subject.node, name, None)):
            yield f"The node has no async {name}."


async def collect(judgement, *arguments):
    """Collects a judgement's findings. An exception is a finding too: the node did something unexpected."""
    found = []
    try:
        made = judgement(*arguments)
        if hasattr(made, "__aiter__"):
            async for finding in made:
                found.append(finding)
        else:
            found.extend(made)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        found.append(f"{judgement.__name__} was aborted: {type(error).__name__}: {error} ({os.path.basename(where.filename)}:{where.lineno})")
    return found


async def judge(path, expect, output):
    with open(path, encoding="utf-8") as file:
        source = file.read()
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        return [f"It does not compile: {error}"]
    findings = await collect(check_itself, path)
    Clock.install()
    present, printed = set(sys.modules), io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            module = load(path)
    except BaseException as error:
        return [*findings, f"It cannot be imported: {type(error).__name__}: {error}"]
    if printed.getvalue() != "":
        findings.append(f"It prints when it is imported: {printed.getvalue()!r:.200}")
    foreign = {name.split(".")[0] for name in set(sys.modules) - present} - sys.stdlib_module_names - {"generated_node"}
    if foreign:
        findings.append(f"It imports {', '.join(sorted(foreign))} when it is imported.")
    subject = Subject(module, expect, output)
    missing = subject.find()
    if missing:
        return [*findings, *missing]
    findings += await collect(check_methods, subject)
    findings += await collect(structure.check_fields, subject)
    findings += await collect(structure.check_open_points, subject, tree)
    findings += await collect(structure.check_operations, subject)
    findings += await collect(structure.check_store, subject, tree, source)
    findings += await collect(structure.check_ttl_constant, subject, tree)
    findings += await collect(structure.check_before_initialize, subject)
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        for judgement in by_type[expect["node_type"]]:
            findings += await collect(judgement, subject)
    return list(dict.fromkeys(findings))


def main():
    request = json.load(sys.stdin)
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError("the node did not finish")))
    signal.alarm(40)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            findings = asyncio.run(judge(request["file"], request["expect"], request["output"]))
        except BaseException as error:
            findings = [f"It cannot be judged: {type(error).__name__}: {error}"]
        left = os.listdir(folder)
        os.chdir("/")
    if left:
        findings.append(f"It leaves {left} behind.")
    json.dump({"findings": findings}, sys.stdout)


main()
