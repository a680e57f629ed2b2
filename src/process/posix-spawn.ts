import { constants } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { type CLibrary, openCLibrary } from "./c-library.ts";
import { type Command, type Leader, programOf } from "./command.ts";
import { findProgram } from "./find-program.ts";
import { createReaper } from "./reaper.ts";

/**
 * Starts a command as Node does, at the same cost however large this process is: Node forks, which copies the page tables
 * of all that is not V8's heap (0.9 ms, and 30 ms for each GB more), and posix_spawn borrows them (0.2 ms). It also tells
 * who was killed by a real-time signal, which to Node has exited with 0. Undefined when it did not start: why is Node's to
 * say, and what only Node does (pipes, a script without a first line) is its to start.
 */
export type PosixSpawn = (command: Command, env: Command["env"]) => Leader | undefined;

/** Larger than any system's posix_spawnattr_t (336 bytes), posix_spawn_file_actions_t (80) and sigset_t (128). */
const opaque_bytes = 1024;

/** Flags of glibc and musl. */
const flags = { setsigdef: 0x04, setsigmask: 0x08, setsid: 0x80 } as const;

let opened: { start: PosixSpawn | undefined } | undefined;

/**
 * Opens the C library's posix_spawn. Undefined where it is not Linux (Node itself does it on macOS), or cannot be had.
 * Once for all runs of this process: each would have a listener for SIGCHLD, and Node warns of more than ten.
 */
export function openPosixSpawn(): PosixSpawn | undefined {
  opened ??= { start: open() };
  return opened.start;
}

function open(): PosixSpawn | undefined {
  // Signals reach the main thread only.
  if (process.platform !== "linux" || !isMainThread) return undefined;
  try {
    return createPosixSpawn(openCLibrary());
  } catch {
    // No build of koffi for this machine, or a C library without one of the functions.
    return undefined;
  }
}

function createPosixSpawn(library: CLibrary): PosixSpawn {
  const attributes = sessionOfItsOwn(library);
  const actions = Buffer.alloc(opaque_bytes);
  const pid = new Int32Array(1);
  const reaper = createReaper(library.waitpid);

  /** The number of the new process; undefined where there is none. */
  function tryToStart(path: string, command: Command, argv: readonly string[], env: readonly string[]): number | undefined {
    const { stdin, stdout, stderr, cwd } = command;
    if (library.actionsInit(actions) !== 0) return undefined;
    try {
      const done = [
        typeof stdin === "number"
          ? library.actionsAddDup2(actions, stdin, 0)
          : library.actionsAddOpen(actions, 0, "/dev/null", constants.O_RDONLY, 0),
        library.actionsAddDup2(actions, stdout, 1),
        library.actionsAddDup2(actions, stderr, 2),
        library.actionsAddChdir(actions, cwd),
      ];
      if (done.some((failed) => failed !== 0)) return undefined;
      return library.posixSpawn(pid, path, actions, attributes, [...argv, null], [...env, null]) === 0 ? pid[0] : undefined;
    } finally {
      library.actionsDestroy(actions);
    }
  }

  return (command, env) => {
    if (command.onPipes !== undefined || typeof command.stdin === "object") return undefined;
    // A log may be 0 where the program around dispatch has closed its stdin: overwritten before it is put in its place.
    if (command.stdout < 1 || command.stderr < 2) return undefined;
    const [file = "", args] = programOf(command);
    const argv = [file, ...args];
    const pairs = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`));
    // In C it would end the text.
    if ([...argv, ...pairs, command.cwd].some((text) => text.includes("\0"))) return undefined;
    const path = findProgram(file, env["PATH"], command.cwd);
    if (path === undefined) return undefined;
    const waiting = reaper.listen();
    const leader = tryToStart(path, command, argv, pairs);
    return leader === undefined ? waiting.cancel() : waiting.expect(leader);
  };
}

/** Attributes of a process in a session of its own, with no signal blocked or ignored. */
function sessionOfItsOwn(library: CLibrary): Uint8Array {
  const attributes = Buffer.alloc(opaque_bytes);
  // Sets of signals are bits. `sigfillset` leaves out the C library's own two, which would then be ignored.
  const [all, none] = [Buffer.alloc(opaque_bytes, 0xff), Buffer.alloc(opaque_bytes)];
  const failed = [
    library.attributesInit(attributes),
    library.attributesSetSignals(attributes, all),
    library.attributesSetMask(attributes, none),
    library.attributesSetFlags(attributes, flags.setsid | flags.setsigdef | flags.setsigmask),
  ];
  if (failed.some((code) => code !== 0)) throw new Error("This C library refuses the attributes");
  return attributes;
}
