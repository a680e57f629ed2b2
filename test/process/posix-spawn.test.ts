/** A command started by the C library behaves like one started by Node. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Command, Leader, LeaderEnd } from "../../src/process/command.ts";
import { openPosixSpawn } from "../../src/process/posix-spawn.ts";
import { startByNode } from "../../src/process/start.ts";
import { count } from "../support/effort.ts";

const opened = openPosixSpawn();
// A job that only skips these tests would look as if it had passed them.
if (opened === undefined && process.platform === "linux" && (process.env["CI"] ?? "") !== "")
  throw new Error("koffi cannot be loaded, so posix_spawn is not tested. Install the optional dependencies.");
if (opened === undefined) process.stderr.write("skipped: posix_spawn needs Linux and a build of koffi\n");
const posixSpawn = opened ?? (() => undefined);

const folder = mkdtempSync(join(tmpdir(), "dispatch-spawn-"));
afterAll(() => rmSync(folder, { recursive: true }));

const env = { PATH: process.env["PATH"], NAME: "a value" };

interface Observed {
  end: LeaderEnd;
  stdout: string;
  stderr: string;
}

type Given = Partial<Command> & { command: Command["command"]; env?: Command["env"] };

let file_count = 0;

/** Starts a command with one of the two implementations and waits for its end. */
async function observe(given: Given, start: (command: Command) => Promise<Leader | undefined>): Promise<Observed | undefined> {
  const [out, err] = [join(folder, `${++file_count}.out`), join(folder, `${file_count}.err`)];
  const [stdout, stderr] = [openSync(out, "w"), openSync(err, "w")];
  try {
    const leader = await start({ cwd: folder, env, stdout, stderr, ...given });
    if (leader === undefined) return undefined;
    const end = await new Promise<LeaderEnd>((resolve) => leader.onExit(resolve));
    return { end, stdout: readFileSync(out, "utf8"), stderr: readFileSync(err, "utf8") };
  } finally {
    closeSync(stdout);
    closeSync(stderr);
  }
}

const byLibrary = (given: Given) => observe(given, async (command) => posixSpawn(command, command.env));

const byNode = (given: Given) =>
  observe(given, async (command) => {
    const started = await startByNode(command, command.env);
    return "leader" in started ? started.leader : undefined;
  });

beforeAll(() => {
  for (const name of ["early", "late", "early/taken"]) mkdirSync(join(folder, name));
  for (const name of ["early/plain", "late/plain", "late/taken"])
    writeFileSync(join(folder, name), `#!/bin/sh\necho ${name} $0`);
  for (const name of ["late/plain", "late/taken"]) chmodSync(join(folder, name), 0o755);
  writeFileSync(join(folder, "nameless"), "echo no first line\n", { mode: 0o755 });
});

describe.skipIf(opened === undefined)("a process started by posix_spawn", () => {
  test.each<[string, Given]>([
    ["exits with 0", { command: ["true"] }],
    ["exits with another code", { command: "exit 3" }],
    ["exits with the highest code", { command: "exit 255" }],
    ["dies of a signal", { command: "kill -s SEGV $$" }],
    ["dies of a signal with two names, as abort() does", { command: "kill -s ABRT $$" }],
    ["dies of another signal with two names", { command: `kill -${constants.signals.SIGIO} $$` }],
    ["dies of SIGKILL", { command: "kill -s KILL $$" }],
    ["gets its arguments unchanged", { command: ["printf", "<%s>", "", "a b", "ü€😀", "'\"$(x)\\", "-n"] }],
    ["gets exactly the given environment", { command: ["env"], env: { ...env, B: "1\n2", C: "x=y", D: "", E: undefined } }],
    ["runs in the given folder", { command: ["pwd"], cwd: join(folder, "early") }],
    ["has an empty stdin by default", { command: ["cat"] }],
    ["writes stdout and stderr to separate files", { command: "echo out; echo err >&2" }],
    ["leads a session and a group", { command: "cut -d ' ' -f 5,6 /proc/$$/stat | sed \"s/$$/me/g\"" }],
    ["has no signal blocked or ignored", { command: ["grep", "^Sig[BI]", "/proc/self/status"] }],
    ["inherits no extra descriptor", { command: ["ls", "/proc/self/fd"] }],
    ["inherits the limits and the umask of dispatch", { command: "ulimit -a; umask" }],
    [
      "is found in its own PATH",
      { command: ["plain"], env: { PATH: `${folder}/missing:${folder}/early:${folder}/late:/bin:/usr/bin` } },
    ],
    ["is never a folder of that name", { command: ["taken"], env: { PATH: `${folder}/early:${folder}/late:/bin:/usr/bin` } }],
    ["is found in a relative entry of PATH", { command: ["plain"], env: { PATH: "late:/bin:/usr/bin" } }],
    ["is found in an empty entry of PATH", { command: ["plain"], cwd: join(folder, "late"), env: { PATH: ":/bin:/usr/bin" } }],
    ["is found by a path relative to its folder", { command: ["./plain"], cwd: join(folder, "late") }],
    [
      "gets as many arguments as the system allows",
      {
        command: [
          "sh",
          "-c",
          "echo $#",
          ..."x"
            .repeat(20)
            .split("")
            .map((x) => x.repeat(50_000)),
        ],
      },
    ],
  ])("%s", async (_, given) => {
    const result = await byLibrary(given);
    expect(result).toBeDefined();
    expect(result).toEqual(await byNode(given));
  });

  test("reads the given file as its stdin", async () => {
    writeFileSync(join(folder, "input"), "to be read");
    const readInput = async (by: typeof byNode) => {
      const stdin = openSync(join(folder, "input"), "r");
      const found = await by({ command: ["cat"], stdin });
      closeSync(stdin);
      return found;
    };
    expect(await readInput(byLibrary)).toMatchObject({ stdout: "to be read", end: { exit_code: 0 } });
    expect(await readInput(byLibrary)).toEqual(await readInput(byNode));
  });

  test.each<[string, Given]>([
    ["a program that does not exist", { command: ["no-such-program"] }],
    ["an empty name", { command: [""] }],
    ["a program name without a PATH", { command: ["env"], env: {} }],
    ["a program that is not executable", { command: [join(folder, "early/plain")] }],
    ["a script without a `#!` line, which execvp passes to the shell", { command: [join(folder, "nameless")] }],
    ["a folder that does not exist", { command: ["true"], cwd: join(folder, "missing") }],
    ["arguments that are too long for the system", { command: ["true", "x".repeat(3 * 1024 * 1024)] }],
    ["a NUL in an argument, which would end the string", { command: ["true", "a\0b"] }],
    ["a NUL in a variable", { command: ["true"], env: { ...env, X: "a\0b" } }],
    ["a stdout that stdin would overwrite", { command: ["true"], stdout: 0 }],
    ["a stderr that stdout would overwrite", { command: ["true"], stderr: 1 }],
    ["a stream", { command: ["cat"], stdin: Readable.from(["text"]) }],
    ["pipes", { command: ["cat"], onPipes: () => {} }],
  ])("is started by Node instead: %s", async (_, given) => {
    expect(await byLibrary(given)).toBeUndefined();
  });

  test("is reported when many end at once, and Node still reports its own children", async () => {
    const many = count(300);
    const ends = await Promise.all(
      Array.from({ length: many }, async (_, i) => {
        if (i % 3 > 0) return (await byLibrary({ command: `exit ${i % 200}` }))?.end.exit_code;
        const [exit_code] = await once(spawn("/bin/sh", ["-c", `exit ${i % 200}`], { stdio: "ignore" }), "exit");
        return exit_code;
      }),
    );
    expect(ends).toEqual(Array.from({ length: many }, (_, i) => i % 200));
    // An unreported child would still be a zombie.
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean);
    const zombies = children.filter((pid) => / Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1")));
    expect(zombies).toEqual([]);
    expect(process.listenerCount("SIGCHLD")).toBe(0);
  });

  test("shares one SIGCHLD listener with all runs of a process, because Node warns above ten", async () => {
    const starts = await Promise.all(Array.from({ length: 12 }, openPosixSpawn));
    const leaders = starts.map((start) => start?.({ command: ["true"], cwd: folder, env, stdout: 2, stderr: 2 }, env));
    expect(process.listenerCount("SIGCHLD")).toBe(1);
    await Promise.all(leaders.map((leader) => new Promise<LeaderEnd>((resolve) => leader?.onExit(resolve))));
  });

  test.each([
    [
      "keeps dispatch alive until its end is reported",
      "leader.onExit(({ exit_code }) => console.log('ended', exit_code));",
      "started\nended 5\n",
    ],
    ["lets dispatch exit after unref", "leader.unref();", "started\n"],
  ])("%s", async (_, then, expected) => {
    const script = `
      import { openPosixSpawn } from ${JSON.stringify(new URL("../../src/process/posix-spawn.ts", import.meta.url).href)};
      const start = openPosixSpawn();
      const leader = start({ command: "cat; exit 5", cwd: "/", env: {}, stdin: 0, stdout: 2, stderr: 2 }, process.env);
      ${then}
      console.log("started");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
    let stdout_text = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout_text += text;
      if (expected.includes("ended")) child.stdin.end();
    });
    await once(child, "close");
    expect(stdout_text).toBe(expected);
    child.stdin.destroy();
  });
});
