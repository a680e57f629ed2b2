/** A command that the C library starts is as one that Node starts. */
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

const opened = openPosixSpawn();
if (opened === undefined) process.stderr.write("skipped: posix_spawn by koffi is for Linux, and not to be had here\n");
const posixSpawn = opened ?? (() => undefined);

const folder = mkdtempSync(join(tmpdir(), "dispatch-spawn-"));
afterAll(() => rmSync(folder, { recursive: true }));

const env = { PATH: process.env["PATH"], NAME: "a value" };

interface Told {
  end: LeaderEnd;
  stdout: string;
  stderr: string;
}

type Given = Partial<Command> & { command: Command["command"]; env?: Command["env"] };

let files = 0;

/** Starts a command in one of the two ways, and waits for its end. */
async function tell(given: Given, start: (command: Command) => Promise<Leader | undefined>): Promise<Told | undefined> {
  const [out, err] = [join(folder, `${++files}.out`), join(folder, `${files}.err`)];
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

const byLibrary = (given: Given) => tell(given, async (command) => posixSpawn(command, command.env));

const byNode = (given: Given) =>
  tell(given, async (command) => {
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

describe.skipIf(opened === undefined)("what it starts", () => {
  test.each<[string, Given]>([
    ["ends with 0", { command: ["true"] }],
    ["ends with a number", { command: "exit 3" }],
    ["ends with the highest number", { command: "exit 255" }],
    ["ends by a signal", { command: "kill -s SEGV $$" }],
    ["ends by a signal of two names, as abort() does", { command: "kill -s ABRT $$" }],
    ["ends by another signal of two names", { command: `kill -${constants.signals.SIGIO} $$` }],
    ["ends by SIGKILL", { command: "kill -s KILL $$" }],
    ["is given its arguments", { command: ["printf", "<%s>", "", "a b", "ü€😀", "'\"$(x)\\", "-n"] }],
    [
      "has the whole environment and nothing else",
      { command: ["env"], env: { ...env, B: "1\n2", C: "x=y", D: "", E: undefined } },
    ],
    ["is where it should be", { command: ["pwd"], cwd: join(folder, "early") }],
    ["reads nothing without a stdin", { command: ["cat"] }],
    ["prints in two places", { command: "echo out; echo err >&2" }],
    ["leads a session and a group", { command: "cut -d ' ' -f 5,6 /proc/$$/stat | sed \"s/$$/me/g\"" }],
    ["has no signal blocked or ignored", { command: ["grep", "^Sig[BI]", "/proc/self/status"] }],
    ["has no descriptor too many", { command: ["ls", "/proc/self/fd"] }],
    ["has the limits and the mask of dispatch", { command: "ulimit -a; umask" }],
    [
      "is found by its own PATH",
      { command: ["plain"], env: { PATH: `${folder}/missing:${folder}/early:${folder}/late:/bin:/usr/bin` } },
    ],
    ["is no folder of that name", { command: ["taken"], env: { PATH: `${folder}/early:${folder}/late:/bin:/usr/bin` } }],
    ["is found by a PATH that begins where it runs", { command: ["plain"], env: { PATH: "late:/bin:/usr/bin" } }],
    ["is found by an empty place in PATH", { command: ["plain"], cwd: join(folder, "late"), env: { PATH: ":/bin:/usr/bin" } }],
    ["is named from where it runs", { command: ["./plain"], cwd: join(folder, "late") }],
    [
      "has as many arguments as the system takes",
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
    const told = await byLibrary(given);
    expect(told).toBeDefined();
    expect(told).toEqual(await byNode(given));
  });

  test("reads the file that it is given", async () => {
    writeFileSync(join(folder, "input"), "to be read");
    const told = async (by: typeof byNode) => {
      const stdin = openSync(join(folder, "input"), "r");
      const found = await by({ command: ["cat"], stdin });
      closeSync(stdin);
      return found;
    };
    expect(await told(byLibrary)).toMatchObject({ stdout: "to be read", end: { exit_code: 0 } });
    expect(await told(byLibrary)).toEqual(await told(byNode));
  });

  test.each<[string, Given]>([
    ["a program that is nowhere", { command: ["no-such-program"] }],
    ["an empty name", { command: [""] }],
    ["a program without a PATH to find it by", { command: ["env"], env: {} }],
    ["a program that may not be executed", { command: [join(folder, "early/plain")] }],
    ["a script without a first line, which execvp gives to the shell", { command: [join(folder, "nameless")] }],
    ["a folder that is not there", { command: ["true"], cwd: join(folder, "missing") }],
    ["too much for the system", { command: ["true", "x".repeat(3 * 1024 * 1024)] }],
    ["a NUL, which would end the text", { command: ["true", "a\0b"] }],
    ["a NUL in a variable", { command: ["true"], env: { ...env, X: "a\0b" } }],
    ["a stdout that stdin would overwrite", { command: ["true"], stdout: 0 }],
    ["a stderr that stdout would overwrite", { command: ["true"], stderr: 1 }],
    ["a stream", { command: ["cat"], stdin: Readable.from(["text"]) }],
    ["pipes", { command: ["cat"], onPipes: () => {} }],
  ])("is left to Node: %s", async (_, given) => {
    expect(await byLibrary(given)).toBeUndefined();
  });

  test("is told of each, however many end at once, and Node's own children are told to Node", async () => {
    const ends = await Promise.all(
      Array.from({ length: 300 }, async (_, i) => {
        if (i % 3 > 0) return (await byLibrary({ command: `exit ${i % 200}` }))?.end.exit_code;
        const [exit_code] = await once(spawn("/bin/sh", ["-c", `exit ${i % 200}`], { stdio: "ignore" }), "exit");
        return exit_code;
      }),
    );
    expect(ends).toEqual(Array.from({ length: 300 }, (_, i) => i % 200));
    // Whom nobody had heard of would be a zombie.
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean);
    const zombies = children.filter((pid) => / Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1")));
    expect(zombies).toEqual([]);
    expect(process.listenerCount("SIGCHLD")).toBe(0);
  });

  test("is heard of by one listener for all runs of a process, as Node warns of more than ten", async () => {
    const starts = await Promise.all(Array.from({ length: 12 }, openPosixSpawn));
    const leaders = starts.map((start) => start?.({ command: ["true"], cwd: folder, env, stdout: 2, stderr: 2 }, env));
    expect(process.listenerCount("SIGCHLD")).toBe(1);
    await Promise.all(leaders.map((leader) => new Promise<LeaderEnd>((resolve) => leader?.onExit(resolve))));
  });

  test.each([
    [
      "holds the process until it is told",
      "leader.onExit(({ exit_code }) => console.log('told', exit_code));",
      "started\ntold 5\n",
    ],
    ["holds nobody once it is given up", "leader.unref();", "started\n"],
  ])("%s", async (_, then, expected) => {
    const script = `
      import { openPosixSpawn } from ${JSON.stringify(new URL("../../src/process/posix-spawn.ts", import.meta.url).href)};
      const start = openPosixSpawn();
      const leader = start({ command: "cat; exit 5", cwd: "/", env: {}, stdin: 0, stdout: 2, stderr: 2 }, process.env);
      ${then}
      console.log("started");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (expected.includes("told")) child.stdin.end();
    });
    await once(child, "close");
    expect(said).toBe(expected);
    child.stdin.destroy();
  });
});
