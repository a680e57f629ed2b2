/** Runs the real binary in a temporary folder. */
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

/** The command that a user runs. */
export const bin = join(root, "bin/dispatch.js");

const fake_command = join(root, "test/support/fake-command.mjs");

/** How the command ended, and its output. */
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
  /** Resolves when stdout or stderr contains this; rejects if the command ends first. */
  waitForOutput(text: string | RegExp): Promise<void>;
}

export interface StartOptions {
  /** Text for stdin; an object is written as JSON. */
  input?: string | Buffer | object;
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Path of the Node to run it with. */
  node?: string;
  /** Prefix of the command: `["sh", "-c", "ulimit …; exec \"$@\"", "sh"]`. */
  before?: readonly string[];
  /** Whether it leads its own process group. */
  own_group?: boolean;
  /** Whether stdin stays open, without input. */
  keep_stdin?: boolean;
}

/** A started fake command, which the test controls without sleeps or guesses. */
export interface Invocation {
  task_id: string;
  attempt: number;
  pid: number;
  env: Record<string, string>;
  cwd: string;
  /** Prints to its stdout. */
  print(text: string | Buffer): void;
  /** Makes it exit with this code. */
  exit(exit_code: number): void;
  /** Resolves when it has ended, for any reason. */
  gone: Promise<void>;
  /** Resolves when it has received this signal, which it must ignore: see `fake({ ignores })`. */
  signalled(signal: NodeJS.Signals): Promise<void>;
}

/** A temporary folder and everything that a test starts in it; `close` ends and removes it all. */
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
    // DISPATCH_SPAWN chooses for a whole test run how commands start.
    for (const name of Object.keys(env))
      if (/^(DISPATCH_(?!SPAWN$)|CI$|GITHUB_|FORCE_COLOR)/.test(name) && options.env?.[name] === undefined) delete env[name];
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
      waitForOutput: (text) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            const all = stdout + stderr;
            if (typeof text === "string" ? all.includes(text) : text.test(all)) resolve();
          };
          watchers.push(look);
          look();
          void ended.then(() => reject(new Error(`The command ended without showing ${text}:\n${stdout}\n${stderr}`)));
        }),
    };
  }

  /** Runs `dispatch ARGS` until it ends. */
  run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
    return this.start(args, options).ended;
  }

  /** Runs a task file until it ends and parses the result on stdout. */
  async dispatch(
    file: object,
    args: readonly string[] = [],
    options: StartOptions = {},
  ): Promise<Ended & { result: RunResult }> {
    const ended = await this.run(["run", ...args], { ...options, input: file });
    if (ended.stdout === "") throw new Error(`No result; stderr:\n${ended.stderr}`);
    return { ...ended, result: JSON.parse(ended.stdout) as RunResult };
  }

  /** Returns the `command` of a task that the test controls. `ignores` are signals that it only reports. */
  async fake(options: { ignores?: readonly NodeJS.Signals[] } = {}): Promise<string[]> {
    if (this.#server === undefined) {
      this.#server = createServer((socket) => this.#accept(socket));
      this.#server.listen(join(this.folder, "rig.sock"));
      await once(this.#server, "listening");
    }
    return [process.execPath, fake_command, join(this.folder, "rig.sock"), ...(options.ignores ?? [])];
  }

  /** Resolves to the next started fake command, in order of their starts. */
  nextInvocation(): Promise<Invocation> {
    const invocation = this.#invocations.shift();
    if (invocation !== undefined) return Promise.resolve(invocation);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** How many fake commands have started without being returned by `nextInvocation`. */
  get unclaimed(): number {
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

  /** Returns the runs in a trace directory, oldest first. */
  runs(trace_dir = "traces"): string[] {
    const path = join(this.folder, trace_dir);
    return existsSync(path)
      ? readdirSync(path)
          .filter((name) => /^\d{8}T/.test(name))
          .sort()
      : [];
  }

  /** Returns the events in the newest run's journal, without torn lines. */
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

  /** Returns the live processes started from this folder, found by environment or arguments; without watchers. */
  leftovers(): number[] {
    return processesWith(this.folder).filter((pid) => !isWatcher(pid));
  }

  /** Returns the live watchers of dispatches with traces in this folder; each ends a moment after its dispatch. */
  watchers(): number[] {
    return processesWith(this.folder).filter(isWatcher);
  }

  /** Resolves to the content of a file when a command has written a whole line to it. */
  async waitForFile(path: string): Promise<string> {
    await until(() => this.exists(path) && this.read(path).endsWith("\n"));
    return this.read(path).trim();
  }

  /** Kills what the test started and removes the folder. */
  async close(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "close");
    }
    for (const pid of [...this.leftovers(), ...this.watchers()]) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has already ended.
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

/** Returns the live processes, without zombies, whose environment or arguments contain `text`; Linux only. */
export function processesWith(text: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && isLive(pid) && holds(pid, text));
}

/** Returns whether a process is alive; a zombie is not. */
export function isLive(pid: number): boolean {
  const stat = readProc(pid, "stat");
  return stat !== "" && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
}

/** Returns the live children of a process whose arguments contain `text`. */
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

/** Resolves when `condition` is true; otherwise the test's own time limit applies. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Returns a task for the agent `command`. */
export function task(
  task_id: string,
  command: string | readonly string[],
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  const { input_data, ...rest } = more;
  return { task_id, agent: "command", input_data: { command, ...(input_data as object) }, ...rest };
}
