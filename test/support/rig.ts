/** Drives the real binary in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { RunEvent, RunResult } from "../../src/index.ts";

/** The project's root. */
export const root = new URL("../..", import.meta.url).pathname;

/** The command, as a user's shell finds it. */
export const bin = join(root, "bin/dispatch.js");

const fake_command = join(root, "test/support/fake-command.mjs");

/** How the command ended, and what it said. */
export interface Ended {
  exit_code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A command that was started. */
export interface Started {
  child: ChildProcess;
  pid: number;
  ended: Promise<Ended>;
  /** Resolves when stderr or stdout has shown this. */
  shows(text: string | RegExp): Promise<void>;
}

export interface StartOptions {
  /** What stands on stdin; an object is written as JSON. */
  input?: string | Buffer | object;
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** The Node to run it on. */
  node?: string;
  /** Words that stand before the command: `["sh", "-c", "ulimit …; exec \"$@\"", "sh"]`. */
  before?: readonly string[];
  /** Whether it leads a process group of its own. */
  own_group?: boolean;
  /** Whether stdin stays open, with nothing on it. */
  keep_stdin?: boolean;
}

/** A command that a task runs and the test steers: nothing sleeps, nothing guesses. */
export interface Invocation {
  task_id: string;
  attempt: number;
  pid: number;
  env: Record<string, string>;
  cwd: string;
  /** Prints to its stdout. */
  print(text: string | Buffer): void;
  /** Ends it with this code. */
  exit(exit_code: number): void;
  /** Resolves when it is gone, however. */
  gone: Promise<void>;
  /** Resolves when it has received this signal; it must have been told to hold out: see `fake({ ignores })`. */
  signalled(signal: NodeJS.Signals): Promise<void>;
}

/** A folder with everything that a test starts in it; `close` ends and removes it all. */
export class Rig {
  readonly folder = mkdtempSync(join(tmpdir(), "dispatch-test-"));
  readonly #children: ChildProcess[] = [];
  readonly #waiting: ((invocation: Invocation) => void)[] = [];
  readonly #invocations: Invocation[] = [];
  readonly #sockets = new Set<Socket>();
  #server: ReturnType<typeof createServer> | undefined;

  /** Writes a file below the rig's folder. */
  write(path: string, content: string | object): string {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content, undefined, 2));
    return file;
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  exists(path: string): boolean {
    return existsSync(join(this.folder, path));
  }

  /** Starts `dispatch ARGS`. */
  start(args: readonly string[], options: StartOptions = {}): Started {
    const env: Record<string, string | undefined> = { ...process.env, NO_COLOR: "1", RIG: this.folder, ...options.env };
    for (const name of Object.keys(env))
      if (/^(DISPATCH_|CI$|GITHUB_|FORCE_COLOR)/.test(name) && options.env?.[name] === undefined) delete env[name];
    const command = [...(options.before ?? []), options.node ?? process.execPath, bin, ...args];
    const child = spawn(command[0] ?? "", command.slice(1), {
      cwd: options.cwd ?? this.folder,
      env,
      stdio: "pipe",
      detached: options.own_group ?? false,
    });
    this.#children.push(child);
    let stdout = "";
    let stderr = "";
    const watchers: (() => void)[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      for (const watcher of watchers) watcher();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      for (const watcher of watchers) watcher();
    });
    child.stdin.on("error", () => {});
    const { input } = options;
    if (options.keep_stdin !== true)
      child.stdin.end(
        input === undefined || typeof input === "string" || Buffer.isBuffer(input) ? (input ?? "") : JSON.stringify(input),
      );
    const ended = once(child, "close").then(([exit_code, signal]): Ended => ({ exit_code, signal, stdout, stderr }));
    return {
      child,
      pid: child.pid ?? 0,
      ended,
      shows: (text) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            const all = stdout + stderr;
            if (typeof text === "string" ? all.includes(text) : text.test(all)) resolve();
          };
          watchers.push(look);
          look();
          void ended.then(() => reject(new Error(`It ended without showing ${text}:\n${stdout}\n${stderr}`)));
        }),
    };
  }

  /** Runs `dispatch ARGS` to its end. */
  run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
    return this.start(args, options).ended;
  }

  /** Runs a task file to its end and reads the result from stdout. */
  async dispatch(
    file: object,
    args: readonly string[] = [],
    options: StartOptions = {},
  ): Promise<Ended & { result: RunResult }> {
    const ended = await this.run(["run", ...args], { ...options, input: file });
    if (ended.stdout === "") throw new Error(`No result; stderr:\n${ended.stderr}`);
    return { ...ended, result: JSON.parse(ended.stdout) as RunResult };
  }

  /** The `command` of a task whose end the test decides. `ignores` names signals that it only reports. */
  async fake(options: { ignores?: readonly NodeJS.Signals[] } = {}): Promise<string[]> {
    if (this.#server === undefined) {
      this.#server = createServer((socket) => this.#accept(socket));
      this.#server.listen(join(this.folder, "rig.sock"));
      await once(this.#server, "listening");
    }
    return [process.execPath, fake_command, join(this.folder, "rig.sock"), ...(options.ignores ?? [])];
  }

  /** The next start of a fake command, in the order in which they come. */
  nextInvocation(): Promise<Invocation> {
    const invocation = this.#invocations.shift();
    if (invocation !== undefined) return Promise.resolve(invocation);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Fake commands that have started and that nobody has asked for. */
  get unasked(): number {
    return this.#invocations.length;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    const signals: string[] = [];
    const watchers: (() => void)[] = [];
    const gone = new Promise<void>((resolve) => socket.on("close", () => resolve()));
    socket.on("error", () => {});
    createInterface({ input: socket }).on("line", (line) => {
      const message = JSON.parse(line) as { signal?: string } & Pick<Invocation, "pid" | "env" | "cwd">;
      if (message.signal !== undefined) {
        signals.push(message.signal);
        for (const watcher of watchers) watcher();
        return;
      }
      const invocation: Invocation = {
        task_id: message.env["DISPATCH_TASK_ID"] ?? "",
        attempt: Number(message.env["DISPATCH_ATTEMPT"]),
        pid: message.pid,
        env: message.env,
        cwd: message.cwd,
        print: (text) => void socket.write(`${JSON.stringify({ print: Buffer.from(text).toString("base64") })}\n`),
        exit: (exit_code) => void socket.write(`${JSON.stringify({ exit: exit_code })}\n`),
        gone,
        signalled: (signal) =>
          new Promise((resolve) => {
            const look = (): void => {
              if (signals.includes(signal)) resolve();
            };
            watchers.push(look);
            look();
          }),
      };
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#invocations.push(invocation);
      else waiting(invocation);
    });
  }

  /** The runs in a trace directory, oldest first. */
  runs(trace_dir = "traces"): string[] {
    const path = join(this.folder, trace_dir);
    return existsSync(path)
      ? readdirSync(path)
          .filter((name) => /^\d{8}T/.test(name))
          .sort()
      : [];
  }

  /** The events in the journal of the newest run, those lines left out that are torn. */
  journal(trace_dir = "traces"): RunEvent[] {
    const run = this.runs(trace_dir).at(-1) ?? "";
    return this.read(join(trace_dir, run, "journal.ndjson"))
      .split("\n")
      .flatMap((line) => {
        try {
          return [JSON.parse(line) as RunEvent];
        } catch {
          return [];
        }
      });
  }

  /** Live processes that were started from here, by the environment that they were given or by their arguments. */
  left(): number[] {
    return processesWith(this.folder).filter((pid) => !isWatcher(pid));
  }

  /** Live watchers of dispatches that write their traces here; one goes a moment after its dispatch. */
  watchers(): number[] {
    return processesWith(this.folder).filter(isWatcher);
  }

  /** Resolves when a command has made this file, as a sign. */
  async sign(path: string): Promise<string> {
    await until(() => this.exists(path) && this.read(path).endsWith("\n"));
    return this.read(path).trim();
  }

  /** Ends what the test started and removes the folder. */
  async close(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "close");
    }
    for (const pid of [...this.left(), ...this.watchers()]) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has gone by itself.
      }
    }
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Live processes (a zombie is gone) whose environment or arguments hold `text`; Linux only. */
export function processesWith(text: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && isLive(pid) && holds(pid, text));
}

/** Whether a process lives; a zombie does not. */
export function isLive(pid: number): boolean {
  const stat = readProc(pid, "stat");
  return stat !== "" && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
}

/** The live children of a process whose arguments hold `text`. */
export function childrenOf(parent: number, text: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      const stat = Number.isInteger(pid) ? readProc(pid, "stat") : "";
      const ppid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      return ppid === parent && isLive(pid) && readProc(pid, "cmdline").includes(text);
    });
}

const isWatcher = (pid: number): boolean => readProc(pid, "cmdline").includes("dispatch-watcher");

const holds = (pid: number, text: string): boolean =>
  readProc(pid, "environ").includes(text) || readProc(pid, "cmdline").includes(text);

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}

/** Resolves when `condition` holds; the test's own time limit ends a wait that never would. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A `command` task. */
export function task(
  task_id: string,
  command: string | readonly string[],
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  const { input_data, ...rest } = more;
  return { task_id, agent: "command", input_data: { command, ...(input_data as object) }, ...rest };
}
