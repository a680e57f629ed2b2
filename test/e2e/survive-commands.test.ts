/** Commands that cannot start, and commands that misbehave: the outcome is correct and nothing is left behind. */
import { chmodSync, mkdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { expectNoMess } from "../support/aftermath.ts";
import { Rig, task } from "../support/rig.ts";

/** Runs one task and returns its row. */
async function outcomeOf(rig: Rig, command: string | readonly string[], more: Record<string, unknown> = {}) {
  const { result, exit_code } = await rig.dispatch({ tasks: [task("it", command, more)] });
  const [row] = result.results;
  expect(exit_code).toBe(row?.status === "success" ? 0 : 1);
  await expectNoMess(rig);
  return row;
}

describe.concurrent("a command that cannot start", () => {
  test("a program that does not exist", async () => {
    await using rig = new Rig();
    expect(await outcomeOf(rig, ["no-such-program", "x"])).toMatchObject({
      error_kind: "spawn",
      error: "The program no-such-program was not found.",
    });
  });

  test("a script whose command does not exist is the shell's exit 127", async () => {
    await using rig = new Rig();
    expect(await outcomeOf(rig, "no-such-program x")).toMatchObject({
      error_kind: "exit",
      suggestion: expect.stringContaining("127"),
    });
  });

  test("a program that is not executable", async () => {
    await using rig = new Rig();
    const file = rig.write("plain.txt", "text");
    expect(await outcomeOf(rig, [file])).toMatchObject({
      error_kind: "spawn",
      error: `The program ${file} is not executable.`,
      suggestion: expect.stringContaining("chmod +x"),
    });
  });

  test("a script whose interpreter is missing is not reported as missing itself", async () => {
    await using rig = new Rig();
    const file = rig.write("tool", "#!/no/such/interpreter\n");
    chmodSync(file, 0o755);
    expect(await outcomeOf(rig, [file])).toMatchObject({ error_kind: "spawn", error: expect.stringContaining("interpreter") });
  });

  test("a folder that does not exist, and one that is a file", async () => {
    await using rig = new Rig();
    expect(await outcomeOf(rig, "true", { cwd: "missing" })).toMatchObject({
      error_kind: "spawn",
      error: `The folder ${rig.folder}/missing does not exist.`,
    });
    rig.write("file", "");
    expect(await outcomeOf(rig, "true", { cwd: "file" })).toMatchObject({
      error_kind: "spawn",
      error: `${rig.folder}/file is not a folder.`,
    });
  });

  test("a folder that cannot be entered", async (context) => {
    await using rig = new Rig();
    if (process.getuid?.() === 0) {
      process.stderr.write("skipped: root can enter every folder\n");
      context.skip();
    }
    mkdirSync(`${rig.folder}/closed`, { mode: 0o600 });
    expect(await outcomeOf(rig, "true", { cwd: "closed" })).toMatchObject({
      error_kind: "spawn",
      error: `The folder ${rig.folder}/closed cannot be entered: permission denied.`,
    });
  });

  test.each([
    [
      "a script in a list",
      ["no-such-program --flag 'a b'"],
      'In a list, each word is its own item: ["no-such-program", "--flag"',
    ],
    ["a bash test", "if [[ a = a ]]; then exit 0; else exit 127; fi", "/bin/sh has no [["],
  ] as const)("%s fails with advice how to write it", async (_, command, suggestion) => {
    await using rig = new Rig();
    expect((await outcomeOf(rig, command))?.suggestion).toContain(suggestion);
  });

  test("arguments that are too long for the system", async () => {
    await using rig = new Rig();
    const row = await outcomeOf(rig, ["echo", "x".repeat(3 * 1024 * 1024)]);
    expect(row).toMatchObject({ error_kind: "spawn", error: expect.stringContaining("too long") });
    expect(row?.suggestion).toContain("DISPATCH_INPUT_FILE");
  });

  test("a NUL in an argument", async () => {
    await using rig = new Rig();
    // In the task file this would be an error; here the NUL comes from another task.
    const { result } = await rig.dispatch({
      tasks: [
        task("make", `echo '"a\\u0000b"'`),
        task("use", ["echo", "${tasks.make.output}"], { dependencies: ["make"], retries: 5 }),
      ],
    });
    expect(result.results[0]?.output).toBe("a\0b");
    expect(result.results[1]).toMatchObject({ status: "error", error_kind: "dependency", attempts: 1 });
    await expectNoMess(rig);
  });

  test("is never retried", async () => {
    await using rig = new Rig();
    expect(await outcomeOf(rig, ["no-such-program"], { retries: 5 })).toMatchObject({ attempts: 1 });
  });
});

describe.concurrent("a command that ends", () => {
  test("by a signal to itself", async () => {
    await using rig = new Rig();
    expect(await outcomeOf(rig, "kill -s SEGV $$")).toMatchObject({
      status: "error",
      error_kind: "signal",
      error: "The command was killed by SIGSEGV.",
    });
  });

  test("after closing its stdout", async () => {
    await using rig = new Rig();
    expect(await outcomeOf(rig, "echo 1; exec >&- 2>&-; echo lost; exit 4")).toMatchObject({ error_kind: "exit" });
    expect(await outcomeOf(rig, "echo 1; exec >&- 2>&-; : ")).toMatchObject({ status: "success", output: 1 });
  });

  test("without reading 10 MB on its stdin", async () => {
    await using rig = new Rig();
    const stdin = "0123456789".repeat(1024 * 1024);
    expect(await outcomeOf(rig, "echo done", { input_data: { stdin } })).toMatchObject({
      status: "success",
      output: { stdout: "done\n" },
    });
  });

  test("after reading 10 MB on its stdin", async () => {
    await using rig = new Rig();
    const stdin = "0123456789".repeat(1024 * 1024);
    expect(await outcomeOf(rig, "wc -c", { input_data: { stdin } })).toMatchObject({ output: stdin.length });
  });

  test("after removing its log is an error, because its output is unknown", async () => {
    await using rig = new Rig();
    expect(await outcomeOf(rig, `rm '${rig.folder}'/traces/*/logs/*; echo 1`)).toMatchObject({
      status: "error",
      error_kind: "internal",
      error: expect.stringContaining("log"),
    });
  });
});

describe.concurrent("output", () => {
  test("that is not UTF-8 is shown with replacement characters", async () => {
    await using rig = new Rig();
    expect(await outcomeOf(rig, "printf 'a\\377\\376b'")).toMatchObject({
      status: "success",
      output: { stdout: "a\uFFFD\uFFFDb", bytes: 4, truncated: false },
    });
  });

  test("with NUL and control characters is unchanged", async () => {
    await using rig = new Rig();
    expect(await outcomeOf(rig, "printf 'a\\000b\\033[0m'")).toMatchObject({ output: { stdout: "a\0b\u001b[0m", bytes: 7 } });
  });

  test("of 5 MB is cut to its end, even if it is JSON", async () => {
    await using rig = new Rig();
    rig.write("big.mjs", 'process.stdout.write(JSON.stringify(["ä".repeat(2.5 * 1024 * 1024), "end"]));');
    const row = await outcomeOf(rig, [process.execPath, "big.mjs"]);
    const output = row?.output as { stdout: string; bytes: number; truncated: boolean };
    expect(output).toMatchObject({ bytes: 5 * 1024 * 1024 + 10, truncated: true });
    expect(output.stdout).toMatch(/^ä+","end"\]$/);
    expect(Buffer.byteLength(output.stdout)).toBeGreaterThan(64 * 1024 - 4);
    expect(rig.read(row?.log_files[0]?.slice(rig.folder.length) ?? "").length).toBeGreaterThan(2.5 * 1024 * 1024);
  });

  test("that is JSON but too large to be parsed gets a warning; other text does not", async () => {
    await using rig = new Rig();
    rig.write("big.mjs", 'process.stdout.write(JSON.stringify({ text: "x".repeat(1024 * 1024) }) + "\\n");');
    const row = await outcomeOf(rig, [process.execPath, "big.mjs"]);
    expect(row).toMatchObject({ status: "success", output: { truncated: true } });
    expect(row?.warnings?.[0]).toMatch(/^The output is JSON but larger than 1 MiB/);
    const text = await outcomeOf(rig, "yes '{text}' | head -c 1100000; echo");
    expect(text).toMatchObject({ status: "success", output: { truncated: true } });
    expect(text?.warnings).toBeUndefined();
  });

  test("of exactly 1 MiB of JSON is parsed", async () => {
    await using rig = new Rig();
    rig.write("full.mjs", 'process.stdout.write(JSON.stringify("x".repeat(1024 * 1024 - 2)));');
    const row = await outcomeOf(rig, [process.execPath, "full.mjs"]);
    expect(row?.output).toBe("x".repeat(1024 * 1024 - 2));
  });

  test("that is JSON but nested too deeply is text", async () => {
    await using rig = new Rig();
    rig.write("deep.mjs", 'process.stdout.write("[".repeat(100_000) + "]".repeat(100_000));');
    const row = await outcomeOf(rig, [process.execPath, "deep.mjs"]);
    expect(row).toMatchObject({ status: "success", output: { bytes: 200_000, truncated: true } });
  });

  test.for([
    ["is not JSON", `echo '{"a":' > "$DISPATCH_OUTPUT_FILE"`],
    ["is empty", `: > "$DISPATCH_OUTPUT_FILE"`],
    ["is a folder", `mkdir "$DISPATCH_OUTPUT_FILE"`],
    ["is a FIFO without a writer", `mkfifo "$DISPATCH_OUTPUT_FILE"`],
    ["is a device without end", `ln -s /dev/zero "$DISPATCH_OUTPUT_FILE"`],
    ["is too large", `head -c 1048577 /dev/zero > "$DISPATCH_OUTPUT_FILE"`],
  ] as const)("in a file that %s is an error", async ([, script]) => {
    await using rig = new Rig();
    expect(await outcomeOf(rig, `${script}; echo 1`)).toMatchObject({
      status: "error",
      error_kind: "invalid_output",
      error: expect.stringContaining("$DISPATCH_OUTPUT_FILE"),
    });
  });
});
