import { describe, expect, test } from "vitest";
import * as z from "zod";
import { formatProblem } from "../../src/errors/index.ts";
import { type AgentInput, type LoadedFile, loadConfigFile, loadTaskFile } from "../../src/tasks/index.ts";

const talk = { name: "talk", input: z.object({ prompt: z.string() }), shell_fields: [] };
const command_input = z.looseObject({ command: z.union([z.string(), z.array(z.string())]) });
const known = new Map<string, AgentInput>([
  ["command", { name: "command", input: command_input, shell_fields: ["command"] }],
  ["talk", talk],
  ["say", talk],
]);
const agents = () => known;

/** A valid task. */
const task = (more: Record<string, unknown> = {}) => ({
  task_id: "a",
  agent: "command",
  input_data: { command: "true" },
  ...more,
});

async function load(file: unknown, env: Record<string, string> = {}, vars: Record<string, string> = {}): Promise<LoadedFile> {
  const text = typeof file === "string" ? file : JSON.stringify(file);
  const loaded = await loadTaskFile("f", text, {
    agents,
    is_config_incomplete: false,
    route: () => ({ problem: "has no route in this test", advice: "" }),
    vars,
    env,
  });
  if (!("tasks" in loaded)) throw new Error(loaded.problems.map(formatProblem).join("\n"));
  return loaded;
}

async function problems(file: unknown, env?: Record<string, string>): Promise<string[]> {
  return (await (await load(file, env)).toProblems()).map(formatProblem);
}

describe("agents", () => {
  test("a task may use an alias of an agent, and is reported with the main name", async () => {
    const { tasks } = await load({ tasks: [task({ agent: "say", input_data: { prompt: "hello" } })] });
    expect(tasks.map(({ agent }) => agent)).toEqual(["talk"]);
  });
});

describe("places", () => {
  test("lines and columns are right after a byte order mark, tabs, comments and CRLF", async () => {
    const text = '\ufeff{\r\n\t// tasks\r\n\t"tasks": [\r\n\t\t{ "task_id": "a", "agent": "nope" },\r\n\t]\r\n}';
    expect(await problems(text)).toEqual(['f:4:30 a: Invalid input format: unknown agent "nope". Known: command, talk.']);
  });

  test("a missing key has the place of its object, an unknown key its own place", async () => {
    expect(await problems('{\n "tasks": [\n  {"task_id": "a",\n   "colour": 1}\n ]\n}')).toEqual([
      'f:3:3 a: Invalid input format: agent is missing. Add an agent, such as "agent": "command"; `dispatch agents` lists them.',
      expect.stringMatching(/^f:4:4 a: Invalid input format: unknown key "colour" in tasks\[0\]\. Known: /),
    ]);
  });

  test("problems are in the order of the text", async () => {
    const file = { config: { retries: -1 }, tasks: [task({ priority: "x" }), task({ task_id: "b", agent: "x" })], vars: 3 };
    const columns = (await problems(file)).map((line) => Number(line.split(/[: ]/)[2]));
    expect(columns).toHaveLength(4);
    expect(columns).toEqual([...columns].sort((a, b) => a - b));
  });
});

describe("all problems of a task are reported at once", () => {
  test("dependencies, agent and input are checked even if another field is invalid", async () => {
    const file = { tasks: [{ task_id: "a", agent: "talk", input_data: { prompt: 3 }, dependencies: ["x"], priority: "now" }] };
    expect((await problems(file)).join("\n")).toMatch(
      /prompt must be a string[\s\S]*unknown task x[\s\S]*priority must be one of/,
    );
  });

  test("a key in the wrong place is one problem, not two", async () => {
    expect(await problems({ tasks: [{ task_id: "a", agent: "command", command: "true" }] })).toEqual([
      expect.stringContaining('unknown key "command" in tasks[0]. Move it to "input_data".'),
    ]);
  });
});

describe("very many problems", () => {
  test("keeps the first thousand and counts the rest", async () => {
    const { findings } = await load({ tasks: Array.from({ length: 2500 }, (_, i) => task({ task_id: `t${i}`, agent: "x" })) });
    expect(findings.kept).toHaveLength(1000);
    expect(findings.count).toBe(2500);
  });
});

describe("variables", () => {
  test("the command line overrides the file, the file overrides the environment", async () => {
    const file = { vars: { B: "file", C: "file" }, tasks: [task({ description: "${A} ${B} ${C}" })] };
    const loaded = await load(file, { A: "env", B: "env", C: "env" }, { C: "flag" });
    expect(loaded.findings.count).toBe(0);
    expect(loaded.tasks[0]?.description).toBe("env file flag");
  });

  test("never resolves references inside a value", async () => {
    const file = { vars: { A: "${B} $${C} ${tasks.a.output}" }, tasks: [task({ description: "${A}", cwd: "${A}" })] };
    const { tasks, findings, outputs } = await load(file);
    expect([findings.count, outputs]).toEqual([0, []]);
    expect(tasks[0]).toMatchObject({ description: "${B} $${C} ${tasks.a.output}", cwd: "${B} $${C} ${tasks.a.output}" });
  });

  test("resolves variables in any string at any depth, including ids and dependencies", async () => {
    const file = {
      vars: { P: "pre" },
      user_prompt: "do ${P}",
      config: { trace_dir: "${P}/traces" },
      tasks: [
        task({ task_id: "${P}-a", input_data: { command: ["x", "${P}"], deep: [{ er: "${P}" }] } }),
        task({ task_id: "b", dependencies: ["pre-a"] }),
        task({ task_id: "c", dependencies: ["${P}-a"], agent: "command" }),
      ],
    };
    const { tasks, findings, user_prompt, config } = await load(file);
    expect(findings.kept).toEqual([]);
    expect([user_prompt, config.trace_dir]).toEqual(["do pre", "pre/traces"]);
    expect(tasks[0]).toMatchObject({ task_id: "pre-a", input_data: { command: ["x", "pre"], deep: [{ er: "pre" }] } });
    expect(tasks[2]?.dependencies).toEqual(["pre-a"]);
  });

  test("leaves output_schema and metadata unchanged", async () => {
    const more = { output_schema: { const: "${NOPE}" }, metadata: { a: "${NOPE}" } };
    expect((await load({ tasks: [task(more)] })).tasks[0]).toMatchObject(more);
  });

  test("reports an unset variable with its task, its field and advice", async () => {
    expect(await problems({ tasks: [task({ description: "${NOPE}" })] })).toEqual([
      'f:1:90 a: Invalid input format: description uses ${NOPE}, which is not set. Set it with --var NOPE=…, in "vars" or in the environment.',
    ]);
  });

  test("treats names that every JavaScript object has as unset", async () => {
    expect(await problems({ tasks: [task({ description: "${constructor} ${toString}" })] })).toHaveLength(2);
  });

  test("leaves a name that the task's env sets to the shell", async () => {
    const file = { tasks: [task({ env: { NAME: "x" }, input_data: { command: 'echo "${NAME}"' } })] };
    expect(await problems(file)).toEqual([]);
    // `input_data.env` does not apply to the verify commands.
    const other = task({ input_data: { command: "true", env: { NAME: "x" } }, verify: ['test "${NAME}"'] });
    expect(await problems({ tasks: [other] })).toEqual([expect.stringContaining("verify[0] uses ${NAME}, which is not set")]);
  });

  test("no value enters a command, even if a variable names the agent", async () => {
    const file = {
      vars: { A: "command", X: "; rm -rf /" },
      tasks: [task({ agent: "${A}", input_data: { command: "echo ${X}" } })],
    };
    const { tasks } = await load(file);
    expect(tasks[0]?.input_data["command"]).toBe("echo ${X}");
    expect(tasks[0]?.unresolved).toBeDefined();
  });

  test("ignores references in the comments of a script", async () => {
    expect(await problems({ tasks: [task({ input_data: { command: "# set ${NOPE} first\ntrue" } })] })).toEqual([]);
  });
});

describe("outputs of other tasks", () => {
  test("fields that are resolved before any task runs cannot use them", async () => {
    const file = { tasks: [task(), task({ task_id: "b", dependencies: ["a"], priority: "${tasks.a.output}" })] };
    const problem = "cannot use ${tasks.a.output}: dispatch resolves this field before any task runs.";
    const advice = "Outputs can be used in a task's description, input_data, verify, cwd and env.";
    expect((await problems(file))[0]).toContain(`priority ${problem} ${advice}`);
    expect(await problems({ user_prompt: "${tasks.a.output}", tasks: [task()] })).toEqual([
      `f:1:16: Invalid input format: user_prompt ${problem} ${advice}`,
    ]);
  });

  test("rejects an output that would become code for an interpreter", async () => {
    const command = ["python3", "-c", "print(${tasks.a.output})"];
    const file = { tasks: [task(), task({ task_id: "b", dependencies: ["a"], input_data: { command } })] };
    expect((await problems(file))[0]).toContain(
      "input_data.command[2] puts ${tasks.a.output} into a script, where it would be code.",
    );
  });
});

test("the configuration file follows the same rules", async () => {
  const read = await loadConfigFile("dispatch.config.json", '{\n  // few\n  "max_worker": 3,\n  "retries": "2"\n}');
  expect("problems" in read ? read.problems.map(formatProblem) : []).toEqual([
    'dispatch.config.json:3:3: Invalid input format: unknown key "max_worker". Did you mean "max_workers"?',
    'dispatch.config.json:4:14: Invalid input format: retries must be a whole number from 0 to 100, not "2".',
  ]);
  expect(await loadConfigFile("f", '\ufeff{"retries": 2,}')).toEqual({ config: { retries: 2 } });
});
