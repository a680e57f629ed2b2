/** A task's output reaches other tasks byte for byte and never becomes code. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { count } from "../support/effort.ts";
import { Rig, task } from "../support/rig.ts";

/** A task whose output is this value. */
const prints = (task_id: string, value: unknown) => {
  const command = [process.execPath, "-e", "process.stdout.write(process.argv[1])", JSON.stringify(value)];
  return task(
    task_id,
    command.map((word) => word.replaceAll("${", () => "$${")),
  );
};

/** A program that prints its arguments as a JSON list. */
const print_args = [process.execPath, "-e", "console.log(JSON.stringify(process.argv.slice(1)))", "--"];

/** The same as a script; its arguments follow. */
const print_script = `'${process.execPath}' -e 'console.log(JSON.stringify(process.argv.slice(1)))' --`;

const outputs = async (rig: Rig, file: object, options = {}): Promise<Record<string, unknown>> => {
  const { result, stderr } = await rig.dispatch(file, [], options);
  expect(
    result.results.map((row) => row.error),
    stderr,
  ).toEqual(result.results.map(() => null));
  return Object.fromEntries(result.results.map((row) => [row.task_id, row.output]));
};

/** Text with a special meaning for a shell, a template or a terminal. */
const nasty = [
  "$(touch ran)",
  "`touch ran`",
  "; touch ran #",
  "' ; touch ran ; '",
  '" ; touch ran ; "',
  "\n touch ran \n",
  "${HOME} $HOME $${X} ${tasks.a.output} ${DISPATCH_V1}",
  "\\ \\\\ \\n %s %n * ? ~ ! {a,b} [a]",
  " \t leading and trailing \r\n\n",
  "ünïcödé \u{1f600} \u2028 \u0001\u001b[31m\u007f",
  "-n",
  "",
];

describe("an output in a shell script", () => {
  test("passes any string byte for byte in double quotes, and runs nothing", async () => {
    await using rig = new Rig();
    const consumers = [
      task("plain", `${print_script} "\${tasks.a.output}"`),
      task("heredoc", `${print_script} "$(cat <<EOF\n\${tasks.a.output}x\nEOF\n)"`),
      task("inner", `sh -c '${print_script.replaceAll("'", `'"'"'`)} "\${tasks.a.output}"'`),
      task("listed", ["sh", "-c", `${print_script} "\${tasks.a.output}" "$1"`, "sh", "${tasks.a.output}"]),
      task("argument", [...print_args, "${tasks.a.output}"]),
      task("environment", `${print_script} "$VALUE"`, { env: { VALUE: "${tasks.a.output}" } }),
      task("stdin", "cat", { input_data: { stdin: "[${tasks.json.output}]" } }),
      task("verified", "true", {
        verify: [`test "$(printf '%sx' "\${tasks.a.output}")" = "$(printf '%sx' "$VALUE")"`],
        env: { VALUE: "${tasks.a.output}" },
      }),
    ];
    const value = fc.oneof(
      fc.constantFrom(...nasty),
      fc.string({ unit: fc.constantFrom(..."$(){}`'\"\\;|&<>\n\t *?#!~-x\u00e9".split("")), maxLength: 30 }),
      fc.string({ unit: "binary", maxLength: 30 }).map((text) => text.replaceAll("\u0000", "0")),
    );
    await fc.assert(
      fc.asyncProperty(value, async (text) => {
        const seen = await outputs(rig, {
          tasks: [
            prints("a", text),
            prints("json", JSON.stringify(text)),
            ...consumers.map((one) => ({ ...one, dependencies: ["a", "json"] })),
          ],
        });
        // JSON in UTF-8 cannot represent lone surrogates.
        const expected = text.toWellFormed();
        expect(seen).toMatchObject({
          plain: [expected],
          inner: [expected],
          listed: [expected, expected],
          argument: [expected],
          environment: [expected],
          heredoc: [`${expected}x`],
          stdin: [expected],
        });
        expect(rig.exists("ran")).toBe(false);
      }),
      { numRuns: count(180), examples: nasty.map((text): [string] => [text]) },
    );
  });

  test("writes values other than strings as JSON, and selects parts by their path", async () => {
    await using rig = new Rig();
    const value = { list: [1, { "x-y": "deep" }], text: "t", nothing: null };
    const seen = await outputs(rig, {
      tasks: [
        prints("my.task", value),
        task(
          "b",
          [
            ...print_args,
            "${tasks.my.task.output}",
            "${tasks.my.task.output.list[1].x-y}",
            "${tasks.my.task.output.list.0}",
            "${tasks.my.task.output.nothing}",
          ],
          {
            dependencies: ["my.task"],
          },
        ),
        task("far", `${print_script} "\${tasks.my.task.output.list}"`, { dependencies: ["b"] }),
      ],
    });
    expect(seen["b"]).toEqual([JSON.stringify(value), "deep", "1", "null"]);
    expect(seen["far"]).toEqual(['[1,{"x-y":"deep"}]']);
  });
});

describe("a value that cannot be passed is a separate error", () => {
  const failing = async (rig: Rig, tasks: object[]) => {
    const { result, exit_code } = await rig.dispatch({ tasks });
    expect(exit_code).toBe(1);
    return result.results.at(-1);
  };

  test("a missing value", async () => {
    await using rig = new Rig();
    const b = task("b", "touch ran; echo ${tasks.a.output.x.y}", { dependencies: ["a"], retries: 2 });
    expect(await failing(rig, [prints("a", { x: 1 }), b])).toMatchObject({
      status: "error",
      error_kind: "dependency",
      error: "The task uses ${tasks.a.output.x.y}, but the output of a has no such value: x is 1.",
      attempts: 1,
    });
    expect(rig.exists("ran")).toBe(false);
  });

  test.each([
    ["list.9", "list is a list of 2"],
    ["deep.list[0].no", "deep.list.0 has yes"],
    ["none", "it has list, deep"],
  ])("the error for a missing value shows where the path ends: %s", async (path, found) => {
    await using rig = new Rig();
    const a = prints("a", { list: [1, 2], deep: { list: [{ yes: 1 }] } });
    const b = task("b", `echo \${tasks.a.output.${path}}`, { dependencies: ["a"] });
    expect((await failing(rig, [a, b]))?.error).toContain(`has no such value: ${found}.`);
  });

  test("the output of a task that failed", async () => {
    await using rig = new Rig();
    const b = task("b", "echo ${tasks.a.output}", { dependencies: ["a"], run_when: "all_finished" });
    expect(await failing(rig, [task("a", "false"), b])).toMatchObject({
      error_kind: "dependency",
      error: "The task uses ${tasks.a.output}, but a has no output.",
    });
  });

  test("a value over 100 KB in a script; the input file has no such limit", async () => {
    await using rig = new Rig();
    const a = task("a", `head -c 200000 /dev/zero | tr '\\0' x | sed 's/^/"/; s/$/"/'`);
    const b = task("b", 'echo "${tasks.a.output}"', { dependencies: ["a"] });
    expect(await failing(rig, [a, b])).toMatchObject({
      error_kind: "dependency",
      error: "The value of ${tasks.a.output} is longer than 100 KB; read it from the file in $DISPATCH_INPUT_FILE.",
    });
    const read =
      "console.log(JSON.parse(require('fs').readFileSync(process.env.DISPATCH_INPUT_FILE)).upstream_results.a.length)";
    const seen = await outputs(rig, { tasks: [a, task("b", [process.execPath, "-e", read], { dependencies: ["a"] })] });
    expect(seen["b"]).toBe(200_000);
  });

  test("a NUL character, which neither an argument nor an environment variable can contain", async () => {
    await using rig = new Rig();
    const cases: [Record<string, unknown>, string][] = [
      [task("b", "echo ${tasks.a.output}"), "contains a NUL character, which an environment variable cannot"],
      [task("b", ["echo", "${tasks.a.output}"]), "input_data.command[1] must not contain a NUL character"],
      [task("b", "true", { env: { A: "${tasks.a.output}" } }), "env.A must not contain a NUL character"],
      [task("b", "true", { cwd: "${tasks.a.output}" }), "cwd must not contain a NUL character"],
      [task("b", "true", { verify: [["echo", "${tasks.a.output}"]] }), "verify[0][1] must not contain a NUL character"],
    ];
    for (const [b, error] of cases) {
      const row = await failing(rig, [prints("a", "x\u0000y"), { ...b, dependencies: ["a"] }]);
      expect(row).toMatchObject({ error_kind: "dependency", attempts: 1 });
      expect(row?.error).toContain(error);
    }
  });

  test("an empty value where one is required", async () => {
    await using rig = new Rig();
    const row = await failing(rig, [prints("a", ""), task("b", ["${tasks.a.output}", "x"], { dependencies: ["a"] })]);
    expect(row).toMatchObject({
      error_kind: "dependency",
      error: "After interpolation, input_data.command must name a program.",
    });
  });
});

describe("variables in a script", () => {
  test("values are passed in the environment, and the trace shows the script as it ran", async () => {
    await using rig = new Rig();
    const value = 'it\'s $(touch ran) "${HOME}" `touch ran`';
    const { result } = await rig.dispatch({ vars: { X: value }, tasks: [task("a", `${print_script} "\${X}"`)] });
    expect(result.results[0]?.output).toEqual([value]);
    expect(rig.exists("ran")).toBe(false);
    const input = rig.journal().find((event) => event.type === "attempt.input");
    expect(input).toMatchObject({ input: { command: `${print_script} "\${DISPATCH_V1}"` } });
  });

  test("leaves the shell's own syntax unchanged", async () => {
    await using rig = new Rig();
    const script = `A=1; for i in x; do ${print_script} "$A" "$\${A}" "\${B:-two}" "\${#A}" "$((A + 2))" "$(echo 4)" '$\${X}' "\\\${X}" "\${OWN}"; done # \${NOPE}`;
    const seen = await outputs(rig, { vars: { X: "no" }, tasks: [task("a", script, { env: { OWN: "own" } })] });
    expect(seen["a"]).toEqual(["1", "1", "two", "1", "3", "4", "${X}", "${X}", "own"]);
  });

  test("--var overrides the file, and the file overrides the environment", async () => {
    await using rig = new Rig();
    const file = { vars: { B: "file", C: "file" }, tasks: [task("a", [...print_args, "${A}", "${B}", "${C}"])] };
    const { result } = await rig.dispatch(file, ["--var", "C=flag=1"], { env: { A: "env", B: "env", C: "env" } });
    expect(result.results[0]?.output).toEqual(["env", "file", "flag=1"]);
  });
});
