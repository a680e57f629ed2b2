import { createRequire } from "node:module";
import { join } from "node:path";

/** A function of the C library. It takes numbers, strings, memory and null-terminated string lists; it returns an int. */
export type Native = (...args: (number | string | Uint8Array | Int32Array | readonly (string | null)[])[]) => number;

/** The C library functions that dispatch calls. Signal sets and attributes are opaque memory. */
export interface CLibrary {
  /** Returns 0 or an errno. */
  posixSpawn: Native;
  waitpid: Native;
  actionsInit: Native;
  actionsDestroy: Native;
  actionsAddOpen: Native;
  actionsAddDup2: Native;
  actionsAddChdir: Native;
  attributesInit: Native;
  attributesSetSignals: Native;
  attributesSetMask: Native;
  attributesSetFlags: Native;
}

/** The part of koffi in use; its own types accept anything. */
interface Koffi {
  load(path: null): { func(definition: string): Native };
}

/** Opens the C library of this process. Throws if koffi cannot be loaded or a function is missing. */
export function openCLibrary(): CLibrary {
  // Loaded synchronously, because a command must hold its descriptors before anything is awaited.
  const koffi = createRequire(join(import.meta.dirname, "c-library.js"))("koffi") as Koffi;
  const library = koffi.load(null);
  const declare = (name: string, parameters: string): Native => library.func(`int ${name}(${parameters})`);
  const actions = "posix_spawn_file_actions";
  return {
    posixSpawn: declare(
      "posix_spawn",
      "int *pid, const char *path, void *actions, void *attributes, const char **argv, const char **env",
    ),
    waitpid: declare("waitpid", "int pid, int *status, int options"),
    actionsInit: declare(`${actions}_init`, "void *actions"),
    actionsDestroy: declare(`${actions}_destroy`, "void *actions"),
    actionsAddOpen: declare(`${actions}_addopen`, "void *actions, int fd, const char *path, int flags, int mode"),
    actionsAddDup2: declare(`${actions}_adddup2`, "void *actions, int fd, int new_fd"),
    actionsAddChdir: declare(`${actions}_addchdir_np`, "void *actions, const char *path"),
    attributesInit: declare("posix_spawnattr_init", "void *attributes"),
    attributesSetSignals: declare("posix_spawnattr_setsigdefault", "void *attributes, const void *signals"),
    attributesSetMask: declare("posix_spawnattr_setsigmask", "void *attributes, const void *signals"),
    attributesSetFlags: declare("posix_spawnattr_setflags", "void *attributes, short flags"),
  };
}
