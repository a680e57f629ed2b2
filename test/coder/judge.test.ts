import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { contracts, type Expectation, judge, no_python, unseen, wordsOf } from "./judge.ts";

const field = (name: string, sample: unknown, types = ["str"], more = {}) => ({ names: [name], types, sample, ...more });

/** Hand-written nodes, and what their contracts ask for. */
const good: Record<string, Expectation> = {
  note_effect: {
    node_type: "Effect",
    class_names: ["NodeNoteEffect"],
    fields: [
      field("note_id", "note-7F3A", ["str", "int"], { key: true }),
      field("text", "Buy milk 7F3A"),
      field("tags", ["home"], ["list"], { optional: true }),
    ],
    store: "redis",
    open_points: "any",
    operations: [
      { verbs: ["save"], role: "write" },
      { verbs: ["read"], role: "read" },
      { verbs: ["remove"], role: "delete" },
    ],
    retries: 3,
    ttl_seconds: 900,
  },
  transfer_effect: {
    node_type: "Effect",
    class_names: ["NodeTransferEffect"],
    fields: [field("source", "source-7F3A"), field("destination", "destination-7F3A")],
    store: "postgresql",
    open_points: "none",
    role: "write",
    transaction: true,
  },
  share_compute: {
    node_type: "Compute",
    class_names: ["NodeShareCompute"],
    fields: [field("part", 1, ["float"]), field("whole", 4, ["float"])],
    store: "none",
    open_points: "none",
    examples: [{ input: {}, holds: [0.25] }],
    rejects: [{ whole: 0 }],
  },
  tally_reducer: {
    node_type: "Reducer",
    class_names: ["NodeTallyReducer"],
    fields: [field("colour", "crimson")],
    store: "none",
    open_points: "none",
    folds: [{ events: [{}, {}, { colour: "azure" }], holds: ["crimson", 2, 1] }],
  },
  move_orchestrator: {
    node_type: "Orchestrator",
    class_names: ["NodeMoveOrchestrator"],
    fields: [field("order_id", "order-7F3A", ["str"], { key: true })],
    store: "none",
    open_points: "some",
    steps: [["hold"], ["move"], ["send"]],
  },
};

const open_points: Record<string, string[]> = {
  note_effect: ["summarize: the contract does not say how"],
  move_orchestrator: ["hold_funds: the contract does not say where"],
};

/** A fault planted in a good node: the text to replace, its replacement, and the finding that it must cause. */
const faults: [fault: string, node: string, from: string, to: string, says: RegExp][] = [
  ["a wrong class name", "note_effect", "class NodeNoteEffect", "class NodeNotesEffect", /no class NodeNoteEffect/],
  ["no input model", "note_effect", "ModelNoteInput", "NoteInput", /no dataclass ModelNoteInput/],
  ["an invented field", "note_effect", "    text: str\n", '    text: str\n    email: str = ""\n', /email is invented/],
  ["a field that is missing", "share_compute", "part", "piece", /no field part/],
  ["a field of the wrong type", "note_effect", "text: str", "text: int", /text is .*int/],
  [
    "an optional field without a default",
    "note_effect",
    "] = None\n\n\n@dataclass\nclass ModelNoteOutput",
    "]\n\n\n@dataclass\nclass ModelNoteOutput",
    /optional in the contract/,
  ],
  ["a write that is swallowed", "note_effect", "self.rows[key] = (", "_ = (", /save reports success/],
  ["a write that loses a field", "note_effect", '"text": input.text', '"text": ""', /save reports success/],
  [
    "a read that invents a result",
    "note_effect",
    'ModelNoteOutput("read", note)',
    'ModelNoteOutput("read", {})',
    /does not return/,
  ],
  ["a delete that deletes nothing", "note_effect", "self.rows.pop(key, None)", "pass", /still in the store/],
  ["no retry", "note_effect", "tries = 3", "tries = 1", /does not survive 2 faults/],
  ["more attempts than allowed", "note_effect", "tries = 3", "tries = 9", /called the store 9 times/],
  [
    "a fault that is hidden",
    "note_effect",
    'raise NoteError("The store cannot be reached.") from error',
    "return {}",
    /Each attempt fails/,
  ],
  ["values that never expire", "note_effect", "if ends > self.clock()", "if ends", /still returns/],
  ["a wrong time to live", "note_effect", "15 * 60", "15", /expire after 900|expires too early/],
  [
    "a driver that is imported at module level",
    "note_effect",
    "import time\n",
    "import time\n\nimport redis\n",
    /cannot be imported|self-check/,
  ],
  ["another store", "note_effect", "import redis.asyncio", "import asyncpg", /store is redis/],
  ["no store of its own", "note_effect", "store=None", "store", /store=None/],
  ["work before initialize", "note_effect", "if not self.ready:", "if False:", /before initialize/],
  [
    "an untyped error",
    "note_effect",
    'raise NoteError("Call initialize first.")',
    'raise RuntimeError("no")',
    /not an error of this module/,
  ],
  ["an operation that is missing", "note_effect", "async def remove", "async def _forget", /operation remove|remove raises/],
  [
    "an open point that raises nothing",
    "note_effect",
    'raise NoteError("The contract does not',
    'return str("The contract does not',
    /raises nothing/,
  ],
  [
    "an open point that explains nothing",
    "note_effect",
    '"The contract does not say how a note is summarized."',
    '"todo"',
    /does not say what/,
  ],
  [
    "an undeclared open point",
    "move_orchestrator",
    "async def move_funds(self, input):\n        return None",
    'async def move_funds(self, input):\n        raise OpenPointError("The contract does not say.")',
    /missing from open_points/,
  ],
  ["a self-check that fails", "note_effect", ".store.rows == {}", ".store.rows == 1", /self-check exits 1/],
  [
    "a file left behind",
    "note_effect",
    "    assert Node",
    '    open("left.txt", "w").close()\n    assert Node',
    /leaves .*left.txt/,
  ],
  ["a syntax error", "share_compute", "def share_of(part", "def share_of((part", /does not compile/],
  ["no rollback", "transfer_effect", "self.rows = before", "pass", /no transaction/],
  ["a wrong result", "share_compute", "part / whole", "whole / part", /should give \[0.25\]/],
  ["an impure Compute: time", "share_compute", "part / whole", '__import__("time").time()', /same input/],
  [
    "an impure Compute: a file",
    "share_compute",
    "return part / whole",
    'open("x.txt", "w").close()\n    return part / whole',
    /accessed the outside world/,
  ],
  [
    "an impure Compute: its input",
    "share_compute",
    "        return ModelShareOutput(share_of(input.part, input.whole))",
    "        result = ModelShareOutput(share_of(input.part, input.whole))\n        input.part = 0\n        return result",
    /changes the input/,
  ],
  ["an invalid input accepted", "share_compute", 'raise ShareError("The whole is 0.")', "return 0.0", /rejects/],
  [
    "an output of the wrong type",
    "share_compute",
    "return ModelShareOutput(share_of(input.part, input.whole))",
    "return share_of(input.part, input.whole)",
    /returns float/,
  ],
  [
    "a fold that changes its state",
    "tally_reducer",
    "counts = dict(state.counts)",
    "counts = state.counts",
    /changes the state/,
  ],
  ["a fold that loses events", "tally_reducer", "return TallyState(counts)", "return state", /events are lost/],
  ["a fold that miscounts", "tally_reducer", "+ 1", "+ 2", /should hold/],
  ["a random fold", "tally_reducer", "+ 1", '+ __import__("random").random()', /same events/],
  [
    "no initial state",
    "tally_reducer",
    "counts: dict = field(default_factory=dict)",
    "counts: dict",
    /was aborted|initial state|raises/,
  ],
  [
    "steps out of order",
    "move_orchestrator",
    '"hold_funds", "move_funds", "send_receipt"',
    '"move_funds", "hold_funds", "send_receipt"',
    /steps ran as/,
  ],
  ["a step that is left out", "move_orchestrator", ', "send_receipt")', ")", /steps ran as/],
  ["steps undone in forward order", "move_orchestrator", "reversed(done)", "done", /it undoes/],
  ["no step undone", "move_orchestrator", "reversed(done)", "()", /it undoes \[\]/],
  [
    "a failure reported as success",
    "move_orchestrator",
    'raise MoveError(f"Step {name} failed.") from error',
    "return ModelMoveOutput(done)",
    /failed, but it returns/,
  ],
  [
    "steps that are not recorded",
    "move_orchestrator",
    "ModelMoveOutput(done)",
    "ModelMoveOutput()",
    /does not record the steps/,
  ],
];

const fixture = (node: string): string => readFileSync(new URL(`fixtures/${node}.py`, import.meta.url), "utf8");

describe.skipIf(no_python !== undefined)(`the judge of nodes${no_python === undefined ? "" : ` (${no_python})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-judge-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const judged = async (name: string, node: string, code: string): Promise<string[]> => {
    const file = join(folder, `${name.replaceAll(/\W/g, "_")}.py`);
    writeFileSync(file, code);
    const expectation = good[node];
    if (expectation === undefined) throw new Error(`There is no expectation of ${node}.`);
    return judge(file, expectation, { open_points: open_points[node] ?? [] });
  };

  test.concurrent.for(Object.keys(good))("accepts %s", async (node) => {
    expect(await judged(node, node, fixture(node))).toEqual([]);
  });

  test("accepts steps in a table of functions", async () => {
    const code = fixture("move_orchestrator")
      .replace("await getattr(self, name)(input)", "await table[name](self, input)")
      .concat("\n\ntable = {name: getattr(NodeMoveOrchestrator, name) for name in NodeMoveOrchestrator.steps}\n");
    expect(code).toContain("table[name]");
    expect(await judged("table", "move_orchestrator", code)).toEqual([]);
  });

  test("accepts a read that finds nothing only if the contract allows it", async () => {
    const { retries: _, ttl_seconds: __, ...expectation } = good["note_effect"] as Expectation;
    const file = join(folder, "missing.py");
    writeFileSync(file, fixture("note_effect"));
    const findings = (may_miss: boolean): Promise<string[]> =>
      judge(file, { ...expectation, operations: [{ verbs: ["read"], role: "read", may_miss }] }, { open_points: [] });
    expect((await findings(true)).join("\n")).not.toMatch(/There is no note/);
    expect((await findings(false)).join("\n")).toMatch(/execute without tags raises NoteError: There is no note/);
  });

  test.concurrent.for(faults)("rejects %s", async ([fault, node, from, to, says]) => {
    const code = fixture(node);
    expect(code).toContain(from);
    expect((await judged(fault, node, code.replaceAll(from, to))).join("\n")).toMatch(says);
  });

  test("rejects an open point if the contract leaves nothing open", async () => {
    const expectation = { ...good["move_orchestrator"], open_points: "none", must_run: true } as Expectation;
    const file = join(folder, "open.py");
    writeFileSync(file, fixture("move_orchestrator"));
    const findings = await judge(file, expectation, { open_points: open_points["move_orchestrator"] ?? [] });
    expect(findings.join("\n")).toMatch(/leaves nothing open[\s\S]*execute raises/);
  });
});

describe.for([
  ["first", contracts],
  ["unseen", unseen],
] as const)("the %s contracts", ([, contracts]) => {
  const stem = (word: string): string => word.slice(0, 4);

  test("are 30 from many domains, each with its source", () => {
    expect(contracts).toHaveLength(30);
    const counts = Object.groupBy(contracts, ({ expect: { node_type } }) => node_type);
    expect(Object.entries(counts).map(([type, of]) => [type, of?.length])).toEqual([
      ["Effect", 10],
      ["Compute", 8],
      ["Reducer", 6],
      ["Orchestrator", 6],
    ]);
    expect(new Set(contracts.map(({ domain }) => domain)).size).toBeGreaterThan(24);
    expect(contracts.filter(({ source }) => source.length < 10)).toEqual([]);
  });

  test("expect only fields that their texts name", () => {
    const wrong = contracts.flatMap((contract) => {
      const named = new Set(
        [
          ...wordsOf(contract)
            .toLowerCase()
            .matchAll(/[a-z0-9]+/g),
        ].map(([word]) => stem(word)),
      );
      return contract.expect.fields.flatMap(({ names }) => {
        const unnamed = (names[0] ?? "").split("_").filter((word) => word !== "" && !named.has(stem(word)));
        return unnamed.map((word) => `${contract.id}: ${names[0]}: ${word}`);
      });
    });
    expect(wrong).toEqual([]);
  });
});
