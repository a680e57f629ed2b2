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

/** Most of a command's output that is returned to an agent, unless it requests less. */
const max_output_bytes = 1024 * 1024;

interface Terminal {
  descriptor: number;
  max_bytes: number;
  stop: AbortController;
  ended: Promise<ProcessEnd>;
  end: ProcessEnd | undefined;
}

/** Commands that dispatch runs for an agent. Each is a child of dispatch, and its tree ends with the attempt. */
export interface Terminals {
  create(request: CreateTerminalRequest): string;
  output(id: string): TerminalOutputResponse;
  wait(id: string): Promise<WaitForTerminalExitResponse>;
  kill(id: string): Promise<void>;
  release(id: string): Promise<void>;
  /** Releases all terminals; resolves to warnings about processes that they left behind. */
  close(): Promise<string[]>;
}

/** Creates the terminals of one attempt. */
export function createTerminals(
  job: Job,
  workspace: Workspace,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Terminals {
  const open = new Map<string, Terminal>();
  const warnings: string[] = [];
  let created = 0;

  function findTerminal(id: string): Terminal {
    const found = open.get(id);
    if (found === undefined) throw new Error(`There is no terminal ${id}`);
    return found;
  }

  async function kill(id: string): Promise<void> {
    const { stop, ended } = findTerminal(id);
    stop.abort();
    await ended;
  }

  async function release(id: string): Promise<void> {
    await kill(id);
    const { descriptor, end } = findTerminal(id);
    warnings.push(...(end?.warnings ?? []));
    open.delete(id);
    closeSync(descriptor);
  }

  return {
    create({ command, args = [], cwd, env: more = [], outputByteLimit }) {
      const folder = workspace.resolveInside(cwd ?? job.cwd);
      const id = `terminal-${++created}`;
      const path = `${job.files.input}.${job.attempt}.${id}`;
      const descriptor = openSync(path, "wx+", 0o600);
      unlinkSync(path);
      const stop = new AbortController();
      const running = {
        // Some agents send a whole shell command line.
        command: args.length === 0 && /\s/.test(command) ? command : [command, ...args],
        cwd: folder,
        env: { ...env, ...Object.fromEntries(more.map(({ name, value }) => [name, value])) },
        stdout: descriptor,
        stderr: descriptor,
      };
      const ended = job.supervisor.run(running, AbortSignal.any([signal, stop.signal]));
      const terminal: Terminal = { descriptor, max_bytes: outputByteLimit ?? max_output_bytes, stop, ended, end: undefined };
      void ended.then((end) => (terminal.end = end));
      open.set(id, terminal);
      return id;
    },
    output(id) {
      const { descriptor, max_bytes, end } = findTerminal(id);
      const { text, is_cut } = readTail(descriptor, Math.min(max_bytes, max_output_bytes));
      return { output: text, truncated: is_cut, ...(end === undefined ? {} : { exitStatus: statusOf(end) }) };
    },
    wait: async (id) => statusOf(await findTerminal(id).ended),
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
