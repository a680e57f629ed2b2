import { createRequire } from "node:module";
import { join } from "node:path";

/** A function of the C library: of numbers, text, memory, and lists of text that end with null. It gives an int. */
export type Native = (...args: (number | string | Uint8Array | Int32Array | readonly (string | null)[])[]) => number;

/** What is called of the C library. Sets and attributes are memory that only its functions look into. */
export interface CLibrary {
  /** 0, or an errno. */
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

/** As far as it is used; koffi's own types let everything pass. */
interface Koffi {
  load(path: null): { func(definition: string): Native };
}

/** Opens the C library that this process runs on. Throws where koffi cannot be had, or a function is missing. */
export function openCLibrary(): CLibrary {
  // At once, not by import(): a command has its descriptors before anything is waited for.
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
