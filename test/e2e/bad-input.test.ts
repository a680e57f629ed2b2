/** Invalid input: exit code 2, no task runs, nothing is written, stdout is empty, and each problem is one line. */
import { describe, expect, test } from "vitest";
import { expectLines, refused } from "../support/refused.ts";
import { Rig, task } from "../support/rig.ts";

/** A task that would leave a file if it ran. */
const touch = (task_id: string, more: Record<string, unknown> = {}) => task(task_id, "touch ran", more);

const invalid = "Invalid input format: ";

/** The content of stdin, and a part of each line on stderr. */
const cases: Record<string, [input: string | object, expected: string[]]> = {
  "an empty file": ["", [`<stdin>: ${invalid}the file is empty. Write a JSON object with a list of tasks`]],
  "only blanks": [" \r\n\t ", [`<stdin>: ${invalid}the file is empty.`]],
  prose: ["run my tests please", [`<stdin>:1:1: ${invalid}not valid JSON: "run" is not a value.`]],
  "a truncated file": [
    '{"tasks": [\n  {"task_id": "a"',
    [`<stdin>:2:18: ${invalid}not valid JSON: expected a comma or a closing brace`],
  ],
  "a missing comma, with tabs and CRLF": [
    '{\r\n\t"tasks": [\r\n\t\t{"task_id": "a" "agent": "command"}\r\n\t]\r\n}',
    [`<stdin>:3:19: ${invalid}not valid JSON: expected a comma, found`],
  ],
  "single quotes": ["{'tasks': []}", [`<stdin>:1:2: ${invalid}not valid JSON: strings need double quotes`]],
  "keys without quotes": ["{tasks: []}", [`<stdin>:1:2: ${invalid}not valid JSON: "tasks" is not a value.`]],
  "two files in one": ['{"tasks": []}\n{"tasks": []}', [`<stdin>:2:1: ${invalid}not valid JSON: expected the end of the file`]],
  YAML: ["tasks:\n  - task_id: a\n", [`<stdin>:1:1: ${invalid}not valid JSON`]],
  "bytes that are not UTF-8": [
    Buffer.from([0x7b, 0xff, 0x7d]),
    [`<stdin>: ${invalid}the file is not UTF-8. Save it as UTF-8.`],
  ],
  "UTF-16": [Buffer.from('\ufeff{"tasks": []}', "utf16le"), [`<stdin>: ${invalid}the file is not UTF-8.`]],
  null: [
    "null",
    [`<stdin>:1:1: ${invalid}the task file must be an object, not null. Write an object, such as {"tasks": [...]}.`],
  ],
  "a list": [[touch("a")], [`<stdin>:1:1: ${invalid}the task file must be an object, not a list.`]],
  "a string": ['"tasks"', [`<stdin>:1:1: ${invalid}the task file must be an object, not "tasks".`]],
  "no tasks": ["{}", [`<stdin>:1:1: ${invalid}tasks is missing. Add a list of tasks, such as "tasks": [{"task_id"`]],
  "an empty list of tasks": ['{"tasks": []}', [`<stdin>:1:11: ${invalid}tasks must not be empty.`]],
  "tasks that are not a list": ['{"tasks": {"a": {}}}', [`<stdin>:1:11: ${invalid}tasks must be a list, not an object.`]],
  "tasks that are not objects": [
    { tasks: [null, 3, "x", []] },
    [
      `${invalid}tasks[0] must be an object, not null.`,
      `${invalid}tasks[1] must be an object, not 3.`,
      `${invalid}tasks[2] must be an object, not "x".`,
      `${invalid}tasks[3] must be an object, not a list.`,
    ],
  ],
  "an empty task": [
    { tasks: [{}] },
    [
      `${invalid}task_id is missing. Add a unique id, such as "task_id": "test".`,
      `${invalid}agent is missing. Add an agent, such as "agent": "command"; \`dispatch agents\` lists them.`,
    ],
  ],
  "values of the wrong type": [
    {
      tasks: [
        touch("a", {
          description: 3,
          dependencies: "b",
          priority: "hgih",
          verify: "true",
          output_schema: 3,
          run_when: "always",
          cwd: "",
          env: { A: 3, "B=": "x" },
          metadata: [],
        }),
        { task_id: "b", agent: 5, input_data: [] },
      ],
    },
    [
      "description must be a string, not 3.",
      'dependencies must be a list, not "b". Write ["b"].',
      'priority must be one of critical, high, medium, low, not "hgih". Did you mean "high"?',
      'verify must be a list, not "true". Write ["true"].',
      "output_schema must be a JSON Schema: an object, true or false.",
      'run_when must be one of all_succeeded, all_finished, not "always".',
      "cwd must not be empty.",
      "env.A must be a string, not 3.",
      'env["B="] has a name that is empty or contains `=`.',
      "metadata must be an object, not a list.",
      " b: Invalid input format: agent must be a string, not 5.",
      " b: Invalid input format: input_data must be an object, not a list.",
    ],
  ],
  "top-level values of the wrong type": [
    { user_prompt: 1, workspace_path: "", correlation_id: "", vars: { "a-b": "x", N: 1 }, config: [], tasks: [touch("a")] },
    [
      "user_prompt must be a string, not 1.",
      "workspace_path must not be empty.",
      "correlation_id must not be empty.",
      "vars.a-b must be a name: letters, digits and `_`.",
      "vars.N must be a string, not 1.",
      "config must be an object, not a list.",
    ],
  ],
  "unknown keys, with a suggestion": [
    {
      user_promt: "x",
      max_workers: 3,
      config: { max_worker: 3 },
      tasks: [touch("a", { dependecies: [], timeout: 3, id: "x", command: "true" })],
    },
    [
      `unknown key "user_promt". Did you mean "user_prompt"?`,
      `unknown key "max_workers". Move it to "config".`,
      `unknown key "max_worker" in config. Did you mean "max_workers"?`,
      `unknown key "dependecies" in tasks[0]. Did you mean "dependencies"?`,
      `unknown key "timeout" in tasks[0]. Did you mean "timeout_seconds"?`,
      `unknown key "id" in tasks[0]. Did you mean "task_id"?`,
      `unknown key "command" in tasks[0]. Move it to "input_data".`,
    ],
  ],
  "invalid ids": [
    {
      tasks: ["../x", "a/b", ".a", "", "ü", "a b", "@a/b/c", "@/a", "@a", "x".repeat(129), "-a", "a\n", "__proto__", 3].map(
        (id) => touch(id as string),
      ),
    },
    [
      ...["../x", "a/b", ".a", "", "ü", "a b", "@a/b/c", "@/a", "@a"].map(
        (id) =>
          `task_id must start with a letter or digit, followed by letters, digits and \`._-:#\`; only \`@scope/name\` may have a slash, not ${JSON.stringify(id)}.`,
      ),
      "task_id must have at most 128 characters",
      'not "-a".',
      'not "a\\n".',
      'not "__proto__".',
      "task_id must be a string, not 3.",
    ],
  ],
  "duplicate ids": [
    { tasks: [touch("a"), touch("b"), touch("a")] },
    [' a: Invalid input format: duplicate task_id "a", already used by tasks[0]. Give each task a unique id.'],
  ],
  "unknown agents": [
    {
      tasks: [
        { ...touch("a"), agent: "comand" },
        { ...touch("b"), agent: "" },
      ],
    },
    ['unknown agent "comand". Did you mean "command"?', "agent must not be empty."],
  ],
  "unknown dependencies": [
    {
      tasks: [
        touch("test", { dependencies: ["biuld"] }),
        touch("build"),
        touch("c", { dependencies: ["zzzzzzzz", "build", "build"] }),
      ],
    },
    [
      'Task test depends on unknown task biuld. Did you mean "build"?',
      "Task c depends on unknown task zzzzzzzz. Add a task with this id, or remove the dependency.",
      'duplicate dependency "build". List each dependency once.',
    ],
  ],
  "a dependency on itself": [
    { tasks: [touch("a", { dependencies: ["a"] })] },
    [" a: Dependency cycle detected: a -> a. A task cannot wait for itself."],
  ],
  "several cycles": [
    {
      tasks: [
        touch("a", { dependencies: ["b"] }),
        touch("b", { dependencies: ["a"] }),
        touch("c", { dependencies: ["d", "b"] }),
        touch("d", { dependencies: ["e"] }),
        touch("e", { dependencies: ["c"] }),
      ],
    },
    [
      " a: Dependency cycle detected: a -> b -> a. Remove one of these dependencies.",
      " c: Dependency cycle detected: c -> d -> e -> c.",
    ],
  ],
  "unset variables": [
    { user_prompt: "${NOPE_A}", tasks: [task("a", "echo ${NOPE_B}", { description: "${NOPE_C}" })] },
    [
      'user_prompt uses ${NOPE_A}, which is not set. Set it with --var NOPE_A=…, in "vars" or in the environment.',
      ' a: Invalid input format: input_data.command uses ${NOPE_B}, which is not set. Set it with --var NOPE_B=…, in "vars" or in the environment. To use a shell variable, write $NOPE_B or $${NOPE_B}.',
      " a: Invalid input format: description uses ${NOPE_C}",
    ],
  ],
  "outputs of tasks that are not dependencies": [
    {
      tasks: [
        touch("a"),
        task("b", ["echo", "${tasks.a.output}", "${tasks.b.output}", "${tasks.aa.output}", "${tasks.a.outptu}"]),
      ],
    },
    [
      '${tasks.a.output} is the output of a task that b does not depend on. Add "a" to its dependencies.',
      "${tasks.b.output} is the output of a task that b does not depend on. A task cannot use its own output.",
      "${tasks.aa.output} names the unknown task aa.",
      "has the invalid reference ${tasks.a.outptu}: write ${tasks.ID.output} or ${tasks.ID.output.path.to.value}.",
    ],
  ],
  "a variable where the shell would not expand it": [
    { vars: { X: "1" }, tasks: [task("a", "echo '${X}'")] },
    [
      " a: Invalid input format: input_data.command has ${X} in single quotes, where the shell does not expand it. Close the quotes before it and put it in double quotes",
    ],
  ],
  "an output that another shell would execute": [
    { tasks: [touch("a"), task("b", 'bash -c "echo ${tasks.a.output}"', { dependencies: ["a"] })] },
    [
      " b: Invalid input format: input_data.command passes ${tasks.a.output} to another shell, where it would be code. Put that script in single quotes",
    ],
  ],
  "input that does not match the agent's schema": [
    {
      tasks: [
        { task_id: "a", agent: "command" },
        task("b", ""),
        task("c", []),
        task("d", ["", "x"]),
        task("e", "a\0b"),
        task("f", "true", { input_data: { stdin: 3, env: { A: 1 }, cwd: "" } }),
      ],
    },
    [
      ' a: Invalid input format: input_data.command is missing. Add a script, "command": "npm test", or a program with its arguments',
      " b: Invalid input format: input_data.command must not be empty.",
      " c: Invalid input format: input_data.command must not be empty.",
      " d: Invalid input format: input_data.command must name a program.",
      " e: Invalid input format: input_data.command must not contain a NUL character.",
      " f: Invalid input format: input_data.stdin must be a string, not 3.",
      " f: Invalid input format: input_data.env.A must be a string, not 1.",
      " f: Invalid input format: input_data.cwd must not be empty.",
    ],
  ],
  "reserved environment variables": [
    { tasks: [touch("a", { env: { DISPATCH_TOKEN: "x", DISPATCH_V1: "y", DISPATCH_MAX_WORKERS: "1" } })] },
    ["env.DISPATCH_TOKEN is reserved: dispatch sets it.", "env.DISPATCH_V1 is reserved: dispatch sets it."],
  ],
  "an output_schema that is not a JSON Schema": [
    { tasks: [touch("a", { output_schema: { type: "strng" } }), touch("b", { output_schema: { $ref: "#/nope" } })] },
    [
      " a: Invalid input format: output_schema is not a valid JSON Schema: output_schema.type must be equal to one of the allowed values",
      " b: Invalid input format: output_schema is not a valid JSON Schema: can't resolve reference #/nope",
    ],
  ],
  "numbers out of bounds": [
    {
      config: { max_workers: 0, timeout_seconds: 0, retries: 101 },
      tasks: [touch("a", { timeout_seconds: -1, retries: 1.5 }), touch("b", { timeout_seconds: 2_147_484, retries: 1e20 })],
    },
    [
      "config.max_workers must be a whole number from 1 to 1024, not 0.",
      "config.timeout_seconds must be a number of seconds above 0 and at most 2,147,483, not 0.",
      "config.retries must be a whole number from 0 to 100, not 101.",
      " a: Invalid input format: timeout_seconds must be",
      " a: Invalid input format: retries must be a whole number from 0 to 100, not 1.5.",
      " b: Invalid input format: timeout_seconds must be",
      " b: Invalid input format: retries must be",
    ],
  ],
  "settings of the wrong type": [
    {
      config: { max_workers: 1025, timeout_seconds: "5", retries: null, fail_fast: "yes", trace_dir: "" },
      tasks: [touch("a")],
    },
    [
      "config.max_workers must be a whole number from 1 to 1024, not 1025.",
      'config.timeout_seconds must be a number of seconds above 0 and at most 2,147,483, not "5".',
      "config.retries must be a whole number from 0 to 100, not null.",
      'config.fail_fast must be true or false, not "yes".',
      "config.trace_dir must not be empty.",
    ],
  ],
  "an unusable trace directory": [
    { config: { trace_dir: "/dev/null/traces" }, tasks: [touch("a")] },
    [
      "<stdin>:1:24: The trace directory /dev/null/traces cannot be written: /dev/null is not a folder. Name another directory with --trace-dir.",
    ],
  ],
  "a missing workspace": [
    { workspace_path: "nowhere", tasks: [touch("a")] },
    ["/nowhere is not a folder. Name an existing folder."],
  ],
  "a workspace with a name too long for the system": [
    { workspace_path: "x".repeat(5000), tasks: [touch("a")] },
    ["is not a folder. Name an existing folder."],
  ],
  "JSON nested 60,000 deep": [
    `${"[".repeat(60_000)}${"]".repeat(60_000)}`,
    [`<stdin>:1:201: ${invalid}nested more than 200 levels deep.`],
  ],
  "a task nested 60,000 deep": [
    `{"tasks":[{"task_id":"a","agent":"command","input_data":${'{"a":'.repeat(60_000)}1${"}".repeat(60_000)}}]}`,
    [`${invalid}nested more than 200 levels deep. Pass such data to the task as a file.`],
  ],
  "keys named __proto__": [
    '{"tasks":[{"task_id":"a","agent":"command","input_data":{"command":"touch ran","__proto__":{"x":1}}}]}',
    [`<stdin>:1:80: ${invalid}the key "__proto__" is not allowed. Rename it.`],
  ],
  "two lists of tasks": [
    '{\n "tasks": [{"task_id": "a", "agent": "command", "input_data": {"command": "touch ran"}}],\n "tasks": []\n}',
    [`<stdin>:3:2: ${invalid}duplicate key "tasks", first used at 2:2. Remove one of them.`],
  ],
};

describe("a task file on stdin", () => {
  test.each(Object.entries(cases))("%s", async (_, [input, expected]) => {
    await using rig = new Rig();
    expectLines(await refused(rig, ["run"], { input }), expected);
  });

  test("validate reports the same problems as run", async () => {
    await using rig = new Rig();
    const file = rig.write("tasks.json", { tasks: [{ task_id: "a", agent: "nope" }, touch("b", { dependencies: ["c"] })] });
    const lines = await refused(rig, ["run", file]);
    expect(lines).toHaveLength(2);
    expect(await refused(rig, ["validate", file])).toEqual(lines);
    const { stdout, exit_code } = await rig.run(["validate", "--json", file]);
    const { valid, problems } = JSON.parse(stdout) as { valid: boolean; problems: { line: number; task_id: string }[] };
    expect([exit_code, valid, problems.map(({ line, task_id }) => [line, task_id])]).toEqual([
      2,
      false,
      [
        [5, "a"],
        [14, "b"],
      ],
    ]);
  });
});
