import { constants } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { findProgram } from "#files";
import { type CLibrary, openCLibrary } from "./c-library.ts";
import { type Command, type Leader, programOf } from "./command.ts";
import { createReaper } from "./reaper.ts";

/**
 * Starts a command as Node does, but at a cost that does not grow with this process. Node forks, which copies the page
 * tables of everything outside V8's heap (0.9 ms, plus 30 ms per GB); posix_spawn shares them (0.2 ms). It also reports
 * death by a real-time signal, which Node reports as exit code 0. Returns undefined if the command did not start: Node
 * then retries, reports the error, and handles what only Node can do (pipes, a script without a `#!` line).
 */
export type PosixSpawn = (command: Command, env: Command["env"]) => Leader | undefined;

/** Larger than posix_spawnattr_t (336 bytes), posix_spawn_file_actions_t (80) and sigset_t (128) on any system. */
const opaque_bytes = 1024;

/** Flag values shared by glibc and musl. */
const flags = { setsigdef: 0x04, setsigmask: 0x08, setsid: 0x80 } as const;

let opened: { start: PosixSpawn | undefined } | undefined;

/**
 * Opens the C library's posix_spawn. Undefined outside Linux (Node uses it itself on macOS), or if koffi cannot be loaded.
 * One instance serves all runs of this process: each would add a SIGCHLD listener, and Node warns above ten.
 */
export function openPosixSpawn(): PosixSpawn | undefined {
  opened ??= { start: open() };
  return opened.start;
}

function open(): PosixSpawn | undefined {
  // Only the main thread receives signals.
  if (process.platform !== "linux" || !isMainThread) return undefined;
  try {
    return createPosixSpawn(openCLibrary());
  } catch {
    // koffi has no build for this machine, or the C library lacks one of the functions.
    return undefined;
  }
}

function createPosixSpawn(library: CLibrary): PosixSpawn {
  const attributes = newSessionAttributes(library);
  const actions = Buffer.alloc(opaque_bytes);
  const pid = new Int32Array(1);
  const reaper = createReaper(library.waitpid);

  /** Returns the id of the new process; undefined if it did not start. */
  function tryToStart(path: string, command: Command, argv: readonly string[], env: readonly string[]): number | undefined {
    const { stdin, stdout, stderr, cwd } = command;
    if (library.actionsInit(actions) !== 0) return undefined;
    try {
      const results = [
        typeof stdin === "number"
          ? library.actionsAddDup2(actions, stdin, 0)
          : library.actionsAddOpen(actions, 0, "/dev/null", constants.O_RDONLY, 0),
        library.actionsAddDup2(actions, stdout, 1),
        library.actionsAddDup2(actions, stderr, 2),
        library.actionsAddChdir(actions, cwd),
      ];
      if (results.some((failed) => failed !== 0)) return undefined;
      return library.posixSpawn(pid, path, actions, attributes, [...argv, null], [...env, null]) === 0 ? pid[0] : undefined;
    } finally {
      library.actionsDestroy(actions);
    }
  }

  return (command, env) => {
    if (command.onPipes !== undefined || typeof command.stdin === "object") return undefined;
    // If the caller closed dispatch's stdin, a log may be descriptor 0, which dup2 would overwrite before it is duplicated.
    if (command.stdout < 1 || command.stderr < 2) return undefined;
    const [file = "", args] = programOf(command);
    const argv = [file, ...args];
    const pairs = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`));
    // A NUL would end the string in C.
    if ([...argv, ...pairs, command.cwd].some((text) => text.includes("\0"))) return undefined;
    const path = findProgram(file, env["PATH"], command.cwd);
    if (path === undefined) return undefined;
    const pending = reaper.listen();
    const leader = tryToStart(path, command, argv, pairs);
    return leader === undefined ? pending.cancel() : pending.expect(leader);
  };
}

/** Returns the attributes of a process in its own session with no signal blocked or ignored. */
function newSessionAttributes(library: CLibrary): Uint8Array {
  const attributes = Buffer.alloc(opaque_bytes);
  // Signal sets are bit masks. `sigfillset` omits the C library's two internal signals, which would then stay ignored.
  const [all, none] = [Buffer.alloc(opaque_bytes, 0xff), Buffer.alloc(opaque_bytes)];
  const failed = [
    library.attributesInit(attributes),
    library.attributesSetSignals(attributes, all),
    library.attributesSetMask(attributes, none),
    library.attributesSetFlags(attributes, flags.setsid | flags.setsigdef | flags.setsigmask),
  ];
  if (failed.some((code) => code !== 0)) throw new Error("The C library rejected the spawn attributes");
  return attributes;
}
