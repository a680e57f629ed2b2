/** Nothing leaks: a secret that a task prints or receives is neither stored nor shown. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseJournalLine } from "../../src/traces/index.ts";
import { examples, pem } from "../secrets/examples.ts";
import { Rig, task } from "../support/rig.ts";

const secretOf = (rule: string): string => examples.find((example) => example.rule === rule)?.secret ?? "";
const token = secretOf("github");
const access_key = secretOf("aws");
const password = ["only", "the/environment", '"knows"', "this"].join("-");
const secrets = [token, access_key, password, JSON.stringify(password).slice(1, -1), pem().slice(100, 160)];

/** Returns every file below a folder that contains one of the secrets. */
function filesWithSecrets(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .filter((path) => secrets.some((secret) => readFileSync(path).includes(secret)));
}

const leaks = (text: string): boolean => secrets.some((secret) => text.includes(secret));

/** Returns a command that prints a file, so that the task file does not contain the secret itself. */
function printing(rig: Rig, name: string, content: string): string {
  rig.write(name, content);
  return `cat ${join(rig.folder, name)}`;
}

describe("a run", () => {
  test("masks the secrets in the context of its tasks, also in file names", async () => {
    await using rig = new Rig();
    const key = pem("RSA ", 3200);
    rig.write(`ws/src/${token}.py`, `MANGO = "${token}"\n`);
    rig.write("ws/src/notes.md", `# Mango\n\n${key}\n\nmango again ${access_key}\n`);
    const input = {
      workspace_path: "ws",
      tasks: [
        task("a", 'cat "$DISPATCH_CONTEXT_FILE"', {
          context_requirements: ["file:src/*.py", "structure:.", "rag:mango again", "file:${SERVICE_PASSWORD}"],
        }),
      ],
    };
    const env = { SERVICE_PASSWORD: password };
    const { result, stderr, stdout } = await rig.dispatch(input, [], { env });
    const preview = await rig.run(["context", "--json"], { input, env });
    const given = JSON.stringify(result.results[0]?.output);
    expect(result.results[0]?.context?.keys).toContain("file:src/[redacted: github-token].py");
    expect(given).toContain("mango again [redacted: aws-access-key-id]");
    const shown = given + stdout + stderr + preview.stdout + preview.stderr;
    expect(leaks(shown)).toBe(false);
    const run = join(rig.folder, "traces", result.run_id);
    expect(filesWithSecrets(run)).toEqual([]);
    const kept = ["journal.ndjson", "result.json", "tasks/a.json"].map((name) => readFileSync(join(run, name), "utf8"));
    const halves = key.split("\n").slice(1, -1);
    expect(halves.filter((line) => [...kept, shown].some((text) => text.includes(line)))).toEqual([]);
  });

  test("masks the secrets that its tasks print wherever they are stored or shown", async () => {
    await using rig = new Rig();
    const plain = printing(rig, "printed/plain", `a ${token}\n${pem()}\nb ${access_key} ${password}\n`);
    const json = printing(rig, "printed/json", JSON.stringify({ deep: [{ token, key: pem(), password }], n: 1 }));
    const hidden = printing(rig, "printed/hidden", `{"id": "\\u0041${access_key.slice(1)}"}`);
    const long = printing(rig, "printed/long", `${"x\n".repeat(40_000)}${token}\n${"y".repeat(64 * 1024 - 10)}\n`);
    const file = join(rig.folder, "report.md");
    const { result, stderr, stdout } = await rig.dispatch(
      {
        user_prompt: "with ${SERVICE_PASSWORD}",
        correlation_id: "${SERVICE_PASSWORD}",
        tasks: [
          task("plain", plain, { description: "for ${SERVICE_PASSWORD}" }),
          task("json", json, {
            verify: [`${plain} >&2`, 'grep -q only-the/environment "$DISPATCH_INPUT_FILE"'],
            input_data: { password: "${SERVICE_PASSWORD}" },
          }),
          task("file", `${json} > $DISPATCH_OUTPUT_FILE`),
          task("broken", `(${json}; ${plain}) > $DISPATCH_OUTPUT_FILE`),
          task("misfit", json, { output_schema: { type: "object", properties: { n: { const: 2 } } } }),
          task("hidden", hidden),
          task("long", long),
          task("failing", `(${plain}) >&2; exit 3`, { retries: 1 }),
          task("unverified", "true", { verify: [`${plain}; false`] }),
          task("use", ["printf", "%s", "${tasks.json.output.deep[0].token}"], { dependencies: ["json"] }),
          task("shell", 'echo "${tasks.json.output.deep[0].password}" "${SERVICE_PASSWORD}"', { dependencies: ["json"] }),
        ],
      },
      ["--report", `markdown=${file}`, "--report", "junit", "--report", "chrome-trace", "--report", "json"],
      { env: { SERVICE_PASSWORD: password } },
    );
    expect(Object.fromEntries(result.results.map(({ task_id, error_kind }) => [task_id, error_kind]))).toEqual({
      ...{ plain: null, json: null, file: null, broken: "invalid_output", misfit: "invalid_output", hidden: null },
      ...{ long: null, failing: "exit", unverified: "verify", use: null, shell: null },
    });
    const run = join(rig.folder, "traces", result.run_id);
    expect(filesWithSecrets(run)).toEqual([]);
    expect(leaks(stdout)).toBe(false);
    expect(leaks(stderr)).toBe(false);
    expect(leaks(readFileSync(file, "utf8"))).toBe(false);

    const output = (task_id: string): unknown => result.results.find((row) => row.task_id === task_id)?.output;
    const deep = [
      { token: "[redacted: github-token]", key: "[redacted: private-key]", password: "[redacted: $SERVICE_PASSWORD]" },
    ];
    expect(output("json")).toEqual({ deep, n: 1 });
    expect(output("file")).toEqual({ deep, n: 1 });
    expect(output("hidden")).toEqual({ id: "[redacted: aws-access-key-id]" });
    // The secret at the cut is gone, and the rest has its full length.
    expect(output("long")).toMatchObject({ truncated: true, stdout: expect.stringMatching(/^[^g]*y+\n$/) });
    // A dependent receives what is journaled, with secrets masked; values of the environment reach it unmasked.
    expect(output("use")).toMatchObject({ stdout: "[redacted: github-token]" });
    expect(output("shell")).toMatchObject({ stdout: "[redacted: $SERVICE_PASSWORD] [redacted: $SERVICE_PASSWORD]\n" });
    expect(readFileSync(join(run, "logs/plain@1.out"), "utf8")).toBe(
      "a [redacted: github-token]\n[redacted: private-key]\nb [redacted: aws-access-key-id] [redacted: $SERVICE_PASSWORD]\n",
    );
    const lines = readFileSync(join(run, "journal.ndjson"), "utf8").trimEnd().split("\n");
    expect(lines.map(parseJournalLine)).not.toContain(undefined);

    for (const args of [
      ["trace"],
      ["trace", result.run_id],
      ["trace", "latest", "failing"],
      ["report"],
      ["report", "--format", "github"],
    ]) {
      const ended = await rig.run(args);
      expect({ args, exit_code: ended.exit_code, leaks: leaks(ended.stdout + ended.stderr) }).toEqual({
        args,
        exit_code: 0,
        leaks: false,
      });
    }
  });

  test("masks the secrets in the events that it streams", async () => {
    await using rig = new Rig();
    const command = printing(rig, "printed", `${token}\n`);
    const { stdout } = await rig.run(["run", "--format", "ndjson"], { input: { tasks: [task("a", command)] } });
    expect(stdout).toContain("[redacted: github-token]");
    expect(leaks(stdout)).toBe(false);
  });

  test("does not mask secrets if redaction is off", async () => {
    await using rig = new Rig();
    const command = printing(rig, "printed", `${token}\n`);
    const file = { tasks: [task("a", command)] };
    for (const [args, more, env] of [
      [["--no-redact"], {}, {}],
      [[], { config: { redact: false } }, {}],
      [[], {}, { DISPATCH_REDACT: "false" }],
    ] as const) {
      const { result } = await rig.dispatch({ ...file, ...more }, args, { env });
      expect(result.results[0]?.output).toMatchObject({ stdout: `${token}\n` });
    }
    const { result } = await rig.dispatch({ ...file, config: { redact: false } }, ["--redact"]);
    expect(result.results[0]?.output).toMatchObject({ stdout: "[redacted: github-token]\n" });
  });

  test("does not load the rules for output without a marker", async () => {
    await using rig = new Rig();
    const traced = rig.write(
      "loads.cjs",
      "const { Module } = { Module: require('module') }; const load = Module._load; Module._load = function (id, ...rest) { if (/rules-/.test(id)) process.stderr.write('LOADED RULES\\n'); return load.call(this, id, ...rest); };",
    );
    const env = { NODE_OPTIONS: `--require ${traced}` };
    const quiet = await rig.run(["run"], { input: { tasks: [task("a", "echo done")] }, env });
    expect(quiet).toMatchObject({ exit_code: 0, stderr: expect.not.stringContaining("LOADED RULES") });
    const found = await rig.run(["run"], { input: { tasks: [task("a", printing(rig, "printed", token))] }, env });
    expect(found).toMatchObject({ exit_code: 0, stderr: expect.stringContaining("LOADED RULES") });
  });
});

describe("a literal secret in the input", () => {
  const value = examples.find(({ name }) => name === "aws-secret-access-key")?.secret ?? "";
  const variable = ["AWS", "SECRET", "ACCESS", "KEY"].join("_");
  test.each([
    [
      "in a command",
      { tasks: [task("a", `curl -H 'Authorization: ${token}' x`)] },
      "7:20 a: input_data.command holds a secret: github-token.",
    ],
    [
      "in the environment of a task",
      { tasks: [task("a", "true", { env: { [variable]: value } })] },
      `a: env.${variable} holds a secret: aws-secret-access-key.`,
    ],
    [
      "in a variable of a command, though no rule matches it",
      { tasks: [task("a", "true", { verify: [`DB_PASSWORD=${["hunter2", "secret"].join("")} ./check`] })] },
      "a: verify[0] holds a secret: the value of DB_PASSWORD. Put it into the environment",
    ],
    [
      "as a key",
      { tasks: [task("a", "true", { metadata: { [token]: 1 } })] },
      "a: A key of metadata holds a secret: github-token.",
    ],
    ["in a prompt", { user_prompt: `use ${token}`, tasks: [task("a", "true")] }, "user_prompt holds a secret: github-token."],
    [
      "that is also in the environment",
      { tasks: [task("a", "true", { metadata: { x: [password] } })] },
      "metadata.x[0] holds the value of the environment's SERVICE_PASSWORD. Write ${SERVICE_PASSWORD} there.",
    ],
    [
      "in a file with other problems, whose messages quote it",
      { tasks: [task("a", "true", { agent: token, priority: token })] },
      "a secret: github-token.",
    ],
  ])("%s is refused with its name and place, but not shown", async (_, file, message) => {
    await using rig = new Rig();
    rig.write("tasks.json", file);
    for (const command of ["run", "validate"]) {
      const ended = await rig.run([command, "tasks.json"], { env: { SERVICE_PASSWORD: password } });
      expect(ended).toMatchObject({ exit_code: 2, stdout: "", stderr: expect.stringContaining(message) });
      expect(ended.stderr).toMatch(/^tasks\.json:\d+:\d+/);
      expect(leaks(ended.stderr) || ended.stderr.includes(value)).toBe(false);
    }
    expect(existsSync(join(rig.folder, "traces"))).toBe(false);
  });

  test("in a comment is refused, because the run folder keeps a copy of the file", async () => {
    await using rig = new Rig();
    rig.write("tasks.json", `{\n  // use ${token}\n  "tasks": ${JSON.stringify([task("a", "true")])}\n}`);
    const ended = await rig.run(["run", "tasks.json"]);
    expect(ended).toMatchObject({ exit_code: 2, stdout: "" });
    expect(ended.stderr).toContain("tasks.json:2:10: The comment holds a secret: github-token.");
    expect(leaks(ended.stderr)).toBe(false);
    expect(existsSync(join(rig.folder, "traces"))).toBe(false);
  });

  test("in --var is refused, unless it is in the environment", async () => {
    await using rig = new Rig();
    const input = { tasks: [task("a", 'echo "${LOGIN}" "${DB_PASSWORD}"')] };
    const args = ["run", "--var", `LOGIN=${token}`, "--var", "DB_PASSWORD=whatever it may be"];
    const refused = await rig.run(args, { input });
    expect(refused).toMatchObject({ exit_code: 2, stdout: "" });
    expect(refused.stderr).toContain("--var: The value of LOGIN holds a secret: github-token.");
    expect(leaks(refused.stderr)).toBe(false);
    const accepted = await rig.run(args, { input, env: { MY_LOGIN: token } });
    expect(accepted.exit_code).toBe(0);
    expect(JSON.parse(accepted.stdout).results[0].output.stdout).toBe("[redacted: github-token] [redacted: $DB_PASSWORD]\n");
    expect(filesWithSecrets(join(rig.folder, "traces"))).toEqual([]);
  });

  test("is accepted if redaction is off", async () => {
    await using rig = new Rig();
    const { exit_code } = await rig.dispatch({ tasks: [task("a", `: ${token}`)] }, ["--no-redact"]);
    expect(exit_code).toBe(0);
  });
});
