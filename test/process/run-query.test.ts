import { mkdtempSync, readdirSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runQuery } from "../../src/process/index.ts";

const { signal } = new AbortController();
const options = { cwd: "/", env: process.env, signal, is_long: true };

test("a timeout ends a query although a grandchild holds its output open", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-ask-"));
  const stop = new AbortController();
  // Holds the output, and writes its id into the file that the test waits for.
  const script = `tail -f /dev/null & echo $! > '${folder}/pid'; mv '${folder}/pid' '${folder}/started'; wait`;
  const watcher = watch(folder);
  const started = new Promise<void>((resolve) => watcher.on("change", (_, name) => name === "started" && resolve()));
  try {
    const answer = runQuery(["sh", "-c", script], { cwd: "/", env: process.env, signal: stop.signal });
    await started;
    stop.abort();
    expect(await answer).toMatchObject({ ok: false });
  } finally {
    watcher.close();
    process.kill(Number(readFileSync(join(folder, "started"), "utf8")), "SIGKILL");
    rmSync(folder, { recursive: true });
  }
});

describe("a long output", () => {
  const before = process.env["TMPDIR"];
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "dispatch-ask-"));
    process.env["TMPDIR"] = folder;
  });
  afterEach(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    rmSync(folder, { recursive: true });
  });

  test("is complete although it is read only after the program has ended, and leaves no file behind", async () => {
    const answer = await runQuery(["seq", "1", "400000"], options);
    if (!answer.ok) throw new Error(answer.why);
    expect(answer.stdout.toString().trimEnd().split("\n")).toHaveLength(400_000);
    expect(answer.stdout.subarray(-7).toString()).toBe("400000\n");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("falls back to a pipe if no temporary file can be created", async () => {
    process.env["TMPDIR"] = join(folder, "none");
    expect(await runQuery(["echo", "yes"], options)).toEqual({ ok: true, stdout: Buffer.from("yes\n") });
  });

  test("falls back to a pipe if the disk is full", async () => {
    const script = 'if [ -f /dev/fd/1 ]; then echo "write error: No space left" >&2; exit 1; fi; echo yes';
    expect(await runQuery(["sh", "-c", script], options)).toEqual({ ok: true, stdout: Buffer.from("yes\n") });
  });

  test("is replaced by a reason if the program fails", async () => {
    expect(await runQuery(["sh", "-c", "echo 'fatal: not a repository' >&2; exit 3"], options)).toEqual({
      ok: false,
      why: "fatal: not a repository",
    });
    expect(await runQuery(["/no/such/program"], options)).toMatchObject({ ok: false, why: expect.stringContaining("ENOENT") });
    const stopped = await runQuery(["sleep", "60"], { ...options, signal: AbortSignal.abort() });
    expect(stopped.ok).toBe(false);
  });
});
