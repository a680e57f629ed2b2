import { describe, expect, test } from "vitest";
import { examine } from "../../src/debug/examine.ts";

/** Returns the findings of the rules in a file, as `line rule`. */
const found = (path: string, text: string): string[] =>
  examine({ path, lines: text.split("\n") }).map(({ line, rule }) => `${line} ${rule}`);

describe("Python", () => {
  test.each([
    ["try:\n    go()\nexcept:\n    raise", ["3 bare-except"]],
    ["try:\n    go()\nexcept OSError:\n    pass", ["3 swallowed-exception"]],
    ["try:\n    go()\nexcept Exception as error:\n    log(error)", ["3 broad-except"]],
    ["def add(item, items=[]):\n    items.append(item)", ["1 mutable-default"]],
    ["def add(\n    item,\n    items={},\n):\n    items[item] = 1", ["1 mutable-default"]],
    ["def go():\n    # TODO: retry\n    raise NotImplementedError('later')", ["2 open-point", "3 not-implemented"]],
    ["import requests\n\ndef get(url):\n    return requests.get(url)", ["4 missing-timeout"]],
    ["import requests\n\ndef get(url):\n    return requests.get(\n        url,\n        timeout=3,\n    )", []],
    ["def find(db, name):\n    db.execute(f\"SELECT * FROM users WHERE name = '{name}' LIMIT 1\")", ["2 sql-from-parts"]],
    ["def find(db, name):\n    db.execute('SELECT id FROM users WHERE name = %s', (name,))", []],
    [
      'COLUMNS = ("id", "name")\n\ndef find(db):\n    names = ", ".join(COLUMNS)\n    db.execute(f"SELECT {names} FROM users LIMIT 1")',
      [],
    ],
    [
      'def find(db, ids):\n    marks = ", ".join("?" for _ in ids)\n    db.execute(f"SELECT id FROM users WHERE id IN ({marks})", ids)',
      [],
    ],
    [
      'def find(db, ids):\n    listed = ", ".join(str(one) for one in ids)\n    db.execute(f"SELECT id FROM users WHERE id IN ({listed})")',
      ["3 sql-from-parts"],
    ],
    [
      'COLUMNS = ("id",)\n\ndef columns(names):\n    for name in names:\n        if name not in COLUMNS:\n            raise ValueError(name)\n    return list(names)\n\ndef find(db, wanted):\n    names, mark = ", ".join(columns(wanted)), "?"\n    db.execute(f"SELECT {names} FROM users WHERE id = {mark}")',
      [],
    ],
    [
      'COLUMNS = ("id",)\n\ndef find(db, column, value):\n    if column not in COLUMNS:\n        raise ValueError(column)\n    db.execute(f"SELECT id FROM users WHERE {column} = \'{value}\'")',
      ["6 sql-from-parts"],
    ],
    [
      'COLUMNS = ("id",)\n\ndef find(db, column):\n    if column not in COLUMNS:\n        raise ValueError(column)\n    column = input()\n    db.execute(f"SELECT {column} FROM users LIMIT 1")',
      ["7 sql-from-parts"],
    ],
    ["def read(path):\n    file = open(path)\n    return file.read()", ["2 unclosed-file"]],
    ["def read(path):\n    with open(path) as file:\n        return file.read()", []],
    ["import os\nimport sys\n\nprint(sys.argv)", ["1 unused-import"]],
    ["from typing import Any, List\n\n\ndef go(x: 'Any') -> None:\n    return None", ["1 unused-import"]],
    ["import os as os\nfrom a import b  # noqa", []],
    ["if x == None:\n    go()", ["1 none-comparison"]],
    ["text = 'eval(x) except: TODO == None'\n# eval(x)\n", []],
    ['"""\nexcept:\n    pass\nSELECT * FROM a\n"""\n', []],
  ])("%j", (text, rules) => {
    expect(found("a.py", text)).toEqual(rules);
  });

  test.each([
    ["def go(db, ids):\n    for id in ids:\n        row = db.execute(q, id)\n", ["3 query-in-loop"]],
    ["def go(db, ids):\n    rows = db.execute(q, ids)\n    for row in rows:\n        show(row)\n", []],
    ["def go(ids):\n    for a in ids:\n        for b in ids:\n            show(a, b)\n", ["3 nested-loops"]],
    ["import time\n\ndef go():\n    time.sleep(2)\n", ["4 sleep"]],
    ["import requests\n\nasync def go(url):\n    return requests.get(url, timeout=1)\n", ["4 blocking-in-async"]],
    ["async def go(urls):\n    for url in urls:\n        await load(url)\n", ["3 await-in-loop"]],
    [
      "async def go(work):\n    for attempt in range(3):\n        try:\n            return await work()\n        except OSError:\n            log()\n",
      [],
    ],
    [
      "async def go(work):\n    for _ in range(3):\n        try:\n            await work()\n            break\n        except OSError:\n            log()\n",
      [],
    ],
    ["async def go(queue):\n    while True:\n        await queue.get()\n", []],
    [
      "async def go(urls):\n    for url in urls:\n        try:\n            await load(url)\n            break\n        except OSError:\n            log()\n",
      ["4 await-in-loop"],
    ],
    ["import re\n\ndef go(rows):\n    for row in rows:\n        re.compile('a').match(row)\n", ["5 compile-in-loop"]],
    [
      "_cache = {}\n\ndef go(key):\n    if key not in _cache:\n        _cache[key] = load(key)\n    return _cache[key]\n",
      ["1 unbounded-cache"],
    ],
    ["_cache = {}\n\ndef go(key):\n    if len(_cache) > 9:\n        _cache.clear()\n    _cache[key] = load(key)\n", []],
    ["from functools import lru_cache\n\n@lru_cache(maxsize=None)\ndef go(x):\n    return x\n", ["3 unbounded-cache"]],
  ])("speed: %j", (text, rules) => {
    expect(found("a.py", text)).toEqual(rules);
  });
});

describe("TypeScript", () => {
  test.each([
    ["try { go(); } catch {}", ["1 swallowed-exception"]],
    ["try {\n  go();\n} catch (error) {\n  // ignored\n}", ["3 swallowed-exception"]],
    ["try {\n  go();\n} catch (error) {\n  log(error);\n}", []],
    ["load().catch(() => {});", ["1 swallowed-exception"]],
    ["import { a, b } from './x';\n\na();", ["1 unused-import"]],
    ["import type { A } from './x';\n\nconst a: A = 1;", []],
    ["items.forEach(async (item) => {\n  save(item);\n});", ["1 async-foreach"]],
    ["async function go(ids) {\n  for (const id of ids) {\n    await load(id);\n  }\n}", ["3 await-in-loop"]],
    ["async function go(ids) {\n  await Promise.all(ids.map((id) => load(id)));\n}", []],
    ["function go(path) {\n  return readFileSync(path);\n}", ["2 sync-io"]],
    ["const text = readFileSync('a');", []],
    ["db.query(`SELECT id FROM users WHERE name = '${name}'`);", ["1 sql-from-parts"]],
    ["const pattern = /catch {}/;\nconst text = `catch {} TODO`;", []],
    ["function go() {\n  throw new Error('not implemented');\n}", ["2 not-implemented"]],
  ])("%j", (text, rules) => {
    expect(found("a.ts", text)).toEqual(rules);
  });
});

test.each([
  ["a.go", "func go() {\n\tdata, _ := read()\n\tif err != nil {\n\t}\n}", ["2 ignored-error", "3 ignored-error"]],
  ["a.rs", "fn go() -> u32 {\n    todo!()\n}", ["2 not-implemented"]],
  ["a.rb", "begin\n  go\nrescue => e\nend", ["3 swallowed-exception"]],
  ["A.java", "class A {\n  void go() {\n    try { a(); } catch (IOException e) { }\n  }\n}", ["3 swallowed-exception"]],
  ["a.unknown", "except:\n", []],
])("other languages: %s", (path, text, rules) => {
  expect(found(path, text)).toEqual(rules);
});

test("a finding contains its line and advice", () => {
  expect(examine({ path: "a.py", lines: ["def add(item, items=[]):", "    pass"] })).toEqual([
    {
      rule: "mutable-default",
      area: "quality",
      severity: "warning",
      file: "a.py",
      line: 1,
      message: "All calls share the mutable default of the parameter items.",
      evidence: "def add(item, items=[]):",
      advice: "Use None as the default, and create the value inside the function.",
    },
  ]);
});
