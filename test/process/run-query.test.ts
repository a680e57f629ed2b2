import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runQuery } from "../../src/process/index.ts";

const { signal } = new AbortController();
const question = { cwd: "/", env: process.env, signal, is_long: true };

describe("a long answer", () => {
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

  test("comes whole, though nobody reads it before the program has ended, and leaves nothing behind", async () => {
    const answer = await runQuery(["seq", "1", "400000"], question);
    if (!answer.ok) throw new Error(answer.why);
    expect(answer.stdout.toString().trimEnd().split("\n")).toHaveLength(400_000);
    expect(answer.stdout.subarray(-7).toString()).toBe("400000\n");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("comes where no file can be made for it", async () => {
    process.env["TMPDIR"] = join(folder, "none");
    expect(await runQuery(["echo", "yes"], question)).toEqual({ ok: true, stdout: Buffer.from("yes\n") });
  });

  test("comes where there is no space left for it", async () => {
    const script = 'if [ -f /dev/fd/1 ]; then echo "write error: No space left" >&2; exit 1; fi; echo yes';
    expect(await runQuery(["sh", "-c", script], question)).toEqual({ ok: true, stdout: Buffer.from("yes\n") });
  });

  test("that does not come says why", async () => {
    expect(await runQuery(["sh", "-c", "echo 'fatal: not a repository' >&2; exit 3"], question)).toEqual({
      ok: false,
      why: "fatal: not a repository",
    });
    expect(await runQuery(["/no/such/program"], question)).toMatchObject({ ok: false, why: expect.stringContaining("ENOENT") });
    const stopped = await runQuery(["sleep", "60"], { ...question, signal: AbortSignal.abort() });
    expect(stopped.ok).toBe(false);
  });
});
