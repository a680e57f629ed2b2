import { closeSync, openSync, unlinkSync } from "node:fs";
import type {
  CreateTerminalRequest,
  TerminalExitStatus,
  TerminalOutputResponse,
  WaitForTerminalExitResponse,
} from "@agentclientprotocol/sdk";
import type { Job } from "#agents";
import { readTail } from "#agents";
import { unreachable } from "#errors";
import type { ProcessEnd } from "#process";
import type { Workspace } from "./workspace.ts";

/** Most of a command's output that an agent is given, where it asks for no less. */
const max_bytes = 1024 * 1024;

interface Terminal {
  descriptor: number;
  most: number;
  stop: AbortController;
  ended: Promise<ProcessEnd>;
  end: ProcessEnd | undefined;
}

/** The commands that an agent has run for it. Each is a child of dispatch, whose whole tree ends with the attempt. */
export interface Terminals {
  create(request: CreateTerminalRequest): string;
  output(id: string): TerminalOutputResponse;
  wait(id: string): Promise<WaitForTerminalExitResponse>;
  kill(id: string): Promise<void>;
  release(id: string): Promise<void>;
  /** Releases all; what they left behind comes back as warnings. */
  close(): Promise<string[]>;
}

/** Makes the terminals of one attempt. */
export function createTerminals(
  job: Job,
  workspace: Workspace,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Terminals {
  const open = new Map<string, Terminal>();
  const warnings: string[] = [];
  let created = 0;

  function terminal(id: string): Terminal {
    const found = open.get(id);
    if (found === undefined) throw new Error(`There is no terminal ${id}`);
    return found;
  }

  async function kill(id: string): Promise<void> {
    const { stop, ended } = terminal(id);
    stop.abort();
    await ended;
  }

  async function release(id: string): Promise<void> {
    await kill(id);
    const { descriptor, end } = terminal(id);
    warnings.push(...(end?.warnings ?? []));
    open.delete(id);
    closeSync(descriptor);
  }

  return {
    create({ command, args = [], cwd, env: more = [], outputByteLimit }) {
      const folder = workspace.inside(cwd ?? job.cwd);
      const id = `terminal-${++created}`;
      const path = `${job.files.input}.${job.attempt}.${id}`;
      const descriptor = openSync(path, "wx+", 0o600);
      unlinkSync(path);
      const stop = new AbortController();
      const running = {
        // Some agents hand over a whole line for a shell.
        command: args.length === 0 && /\s/.test(command) ? command : [command, ...args],
        cwd: folder,
        env: { ...env, ...Object.fromEntries(more.map(({ name, value }) => [name, value])) },
        stdout: descriptor,
        stderr: descriptor,
      };
      const ended = job.supervisor.run(running, AbortSignal.any([signal, stop.signal]));
      const made: Terminal = { descriptor, most: outputByteLimit ?? max_bytes, stop, ended, end: undefined };
      void ended.then((end) => (made.end = end));
      open.set(id, made);
      return id;
    },
    output(id) {
      const { descriptor, most, end } = terminal(id);
      const { text, is_cut } = readTail(descriptor, Math.min(most, max_bytes));
      return { output: text, truncated: is_cut, ...(end === undefined ? {} : { exitStatus: statusOf(end) }) };
    },
    wait: async (id) => statusOf(await terminal(id).ended),
    kill,
    release,
    async close() {
      await Promise.all([...open.keys()].map(release));
      return warnings;
    },
  };
}

function statusOf(end: ProcessEnd): TerminalExitStatus {
  switch (end.type) {
    case "exited":
      return { exitCode: end.exit_code };
    case "signalled":
      return { signal: end.signal };
    case "not_started":
      return { exitCode: 127 };
    default:
      return unreachable(end);
  }
}
