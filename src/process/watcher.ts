import { type ChildProcess, spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import type { Writable } from "node:stream";
import { token_variable } from "./process-table.ts";

/**
 * Outlives dispatch by design, for the moment in which it ends every process that dispatch left behind. It reads lines
 * `+ LEADER` and `- LEADER`; `q` lets it go; the end of its input means that dispatch is gone. A child between fork and
 * exec still holds the other end of that input, so that whoever is left then carries the token, $1.
 *
 * First the groups, each at one blow; then, where /proc is this pid namespace's, everybody in the leaders' sessions, or
 * with the token, or printing into a file of the folder $3 (a command may drop the token before dispatch could tell of it),
 * until nobody has been found ten times: one that is between two programs does not show its token. Written for dash, which wants `kill -s KILL`. $2 is the
 * variable's name: BusyBox's grep sees a line's text up to its first NUL only, so that there `tr` splits the line.
 */
const script = `
trap '' HUP INT TERM QUIT
leaders=' '
while read -r op leader; do
  case $op in
    +) leaders="$leaders$leader " ;;
    -) case $leaders in *" $leader "*) leaders="\${leaders%% $leader *} \${leaders#* $leader }" ;; esac ;;
    q) exit 0 ;;
  esac
done
for leader in $leaders; do kill -s KILL -- "-$leader"; done
{ read -r self rest < /proc/self/stat; } 2> /dev/null
[ "$self" = $$ ] || exit 0
carriers() {
  if printf 'a\\0b\\n' | grep -qaF b; then
    grep -lasF -e "$1" /proc/[0-9]*/environ
  else
    for environ in /proc/[0-9]*/environ; do
      tr '\\0' '\\n' < "$environ" | grep -F -e "$2=" | grep -qF -e "$1" && echo "$environ"
    done
  fi
}
printers() {
  [ -z "$3" ] || ls -l /proc/[0-9]*/fd/1 /proc/[0-9]*/fd/2 | grep -F -e " -> $3/" | while read -r line; do
    line=\${line#* /proc/}
    echo "/proc/\${line%%/*}/fd"
  done
}
rounds=0
empty=0
while [ $rounds -lt 100 ] && [ $empty -lt 10 ]; do
  found=
  for path in $(carriers "$@"; printers "$@"); do
    path=\${path#/proc/}
    found="$found \${path%%/*}"
  done
  for path in /proc/[0-9]*/stat; do
    read -r stat < "$path" || continue
    set -- "$1" "$2" "$3" \${stat##*) }
    case $leaders in *" $7 "*) [ "$4" = Z ] || [ "$4" = X ] || found="$found \${stat%% *}" ;; esac
  done
  [ -n "$found" ] && empty=0 || empty=$((empty + 1))
  for pid in $found; do kill -s KILL "$pid"; done
  rounds=$((rounds + 1))
  sleep 0.04
done
`;

/** By which a watcher is known among processes. */
export const watcher_name = "dispatch-watcher";

/** Ends what dispatch started if dispatch itself is killed. */
export interface Watcher {
  /** The watcher must end this process's group and session. */
  add(leader: number): void;
  /** They are gone. */
  remove(leader: number): void;
  /** Lets the watcher go; if something is left, it ends that first. */
  close(nothing_left: boolean): void;
}

/** How often a watcher is started anew before dispatch goes on without one: somebody does not want it, or it cannot run. */
const max_starts = 20;

/**
 * How long the watcher may be without a new process. Most short commands are gone by then, and to tell of each costs more
 * than many of them do. Should dispatch be killed meanwhile, their token and what they print into tell on them, where /proc
 * has those.
 */
const announce_delay_ms = process.platform === "linux" ? 5 : 0;

/** Starts the watcher; another one is started if it is killed while dispatch lives. */
export function startWatcher(token: string, output_folder = ""): Watcher {
  const leaders = new Set<number>();
  /** Lines that can wait for the next ones. */
  let later = "";
  /** Processes that it has not been told of. */
  const untold = new Set<number>();
  let telling: NodeJS.Timeout | undefined;
  let closed = false;
  let starts = 0;
  let input: Writable | undefined;

  // /proc names files by their real paths.
  const real_folder = output_folder === "" ? "" : realpathSync(output_folder);

  function start(): void {
    if (closed || starts++ >= max_starts) return;
    const child = spawnWatcher([token, token_variable, real_folder]);
    // Neither the process nor its pipe may keep dispatch alive, or fail it.
    child.unref();
    // Where no descriptor was left for it, it has none, and not even null.
    input = child.stdin ?? undefined;
    input?.on("error", () => {});
    if (input !== undefined && "unref" in input && typeof input.unref === "function") input.unref();
    const all = [...leaders].map((leader) => `+ ${leader}\n`).join("");
    if (all !== "") input?.write(all);
    // It knows all there is now; what the one before it was to be told is not said to it twice.
    later = "";
    untold.clear();
    const onEnd = (): void => {
      child.removeAllListeners("exit");
      input = undefined;
      start();
    };
    child.once("exit", onEnd);
    child.once("error", onEnd);
  }

  function tell(): void {
    telling = undefined;
    for (const leader of untold) later += `+ ${leader}\n`;
    untold.clear();
    flush();
  }

  function flush(): void {
    if (later !== "") input?.write(later);
    later = "";
  }

  start();
  return {
    add(leader) {
      leaders.add(leader);
      untold.add(leader);
      if (announce_delay_ms === 0) tell();
      else telling ??= setTimeout(tell, announce_delay_ms).unref();
    },
    remove(leader) {
      leaders.delete(leader);
      if (untold.delete(leader)) return;
      // The next command is usually started in the same turn: one write tells both.
      if (later === "") setImmediate(flush);
      later += `- ${leader}\n`;
    },
    close(nothing_left) {
      closed = true;
      clearTimeout(telling);
      if (!nothing_left) tell();
      if (nothing_left) input?.write("q\n");
      input?.end();
    },
  };
}

const spawnWatcher = (args: readonly string[]): ChildProcess =>
  spawn("/bin/sh", ["-c", script, watcher_name, ...args], {
    cwd: "/",
    // Nothing of ours: a dispatch around this one must not end it before it has done its work.
    env: { PATH: process.env["PATH"] },
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
