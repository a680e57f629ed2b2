import { execa } from "execa";

/**
 * Outlives dispatch by design, for the moment in which it ends every process that dispatch left behind. It reads lines
 * `+ GROUP` and `- GROUP`; `q` lets it go; the end of its input means that dispatch is gone. Written for dash, which
 * wants `kill -s KILL`, and for a /proc that may be missing. $1 is the token that every child carries. It looks until it
 * has found nothing three times, because a child that is between fork and exec does not carry the token yet.
 */
const script = `
trap '' HUP INT TERM
groups=' '
while read -r op group; do
  case $op in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
    q) exit 0 ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
[ -r /proc/self/environ ] || exit 0
rounds=0
empty=0
while [ $rounds -lt 100 ] && [ $empty -lt 3 ]; do
  found=$(grep -lasF -e "$1" /proc/[0-9]*/environ)
  [ -n "$found" ] && empty=0 || empty=$((empty + 1))
  for path in $found; do
    pid=\${path#/proc/}
    kill -s KILL "\${pid%/environ}"
  done
  rounds=$((rounds + 1))
  sleep 0.03
done
`;

/** Ends what dispatch started if dispatch itself is killed. */
export interface Watcher {
  /** The watcher must end this process group. */
  add(group: number): void;
  /** The process group is gone. */
  remove(group: number): void;
  /** Lets the watcher go; call it when nothing is left. */
  close(): void;
}

/** Starts the watcher; one more is started if it is killed while dispatch lives. */
export function startWatcher(token: string): Watcher {
  const groups = new Set<number>();
  let closed = false;
  let input: NodeJS.WritableStream | undefined;

  function start(): void {
    const child = execa("/bin/sh", ["-c", script, "dispatch-watcher", token], {
      cwd: "/",
      stdin: "pipe",
      stdout: "ignore",
      stderr: "ignore",
      buffer: false,
      detached: true,
      cleanup: false,
      reject: false,
    });
    // Neither the process nor its pipe may keep dispatch alive, or fail it.
    child.nodeChildProcess.unref();
    input = child.stdin;
    input.on("error", () => {});
    if ("unref" in input && typeof input.unref === "function") input.unref();
    for (const group of groups) input.write(`+ ${group}\n`);
    child.nodeChildProcess.once("exit", () => {
      input = undefined;
      if (!closed) start();
    });
  }

  start();
  return {
    add(group) {
      groups.add(group);
      input?.write(`+ ${group}\n`);
    },
    remove(group) {
      groups.delete(group);
      input?.write(`- ${group}\n`);
    },
    close() {
      closed = true;
      input?.end("q\n");
    },
  };
}
