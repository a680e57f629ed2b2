import { type ChildProcess, spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import type { Writable } from "node:stream";
import { token_variable } from "./process-table.ts";

/**
 * Outlives dispatch, just long enough to kill every process that dispatch left behind. It reads the lines `+ LEADER` and
 * `- LEADER`; `q` makes it exit; the end of its input means that dispatch is gone. A child between fork and exec still
 * holds the pipe open, so at the end of input every process left has been through exec and carries the token, $1.
 *
 * It first kills each group at once. Then, if /proc belongs to this pid namespace, it kills every process in the leaders'
 * sessions, with the token, or writing to a file in the folder $3: a command may drop the token before dispatch has
 * announced it. It repeats this until ten rounds in a row find nothing, because a process inside exec does not show its
 * token. Written for dash, which needs `kill -s KILL`. $2 is the variable's name: BusyBox's grep reads a line only up to
 * its first NUL, so there `tr` splits the line.
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

/** Name in a watcher's arguments by which it is recognised. */
export const watcher_name = "dispatch-watcher";

/** Kills what dispatch started if dispatch itself is killed. */
export interface Watcher {
  /** Adds a process whose group and session the watcher must kill. */
  add(leader: number): void;
  /** Removes a process whose tree has ended. */
  remove(leader: number): void;
  /** Makes the watcher exit; it first kills what is left. */
  close(nothing_left: boolean): void;
}

/** How many watchers to start before dispatch continues without one: it cannot run, or something keeps killing it. */
const max_starts = 20;

/**
 * How long to wait before a new process is announced; milliseconds. Most short commands have ended by then, and announcing
 * each would cost more than running many of them. If dispatch is killed meanwhile, the watcher finds them in /proc by
 * their token and their output files; outside Linux there is no such search, so there is no wait.
 */
const announce_delay_ms = process.platform === "linux" ? 5 : 0;

/** Starts the watcher, and restarts it if it is killed while dispatch lives. */
export function startWatcher(token: string, output_folder = ""): Watcher {
  const leaders = new Set<number>();
  /** Lines to write together with the next ones. */
  let pending = "";
  /** Processes that have not been announced yet. */
  const unannounced = new Set<number>();
  let announce_timer: NodeJS.Timeout | undefined;
  let closed = false;
  let starts = 0;
  let input: Writable | undefined;

  // /proc names files by their real paths.
  const real_folder = output_folder === "" ? "" : realpathSync(output_folder);

  function start(): void {
    if (closed || starts++ >= max_starts) return;
    const child = spawnWatcher([token, token_variable, real_folder]);
    // Neither the process nor its pipe may keep dispatch alive or make it fail.
    child.unref();
    // Without a free descriptor, stdin is undefined, contrary to its type.
    input = child.stdin ?? undefined;
    input?.on("error", () => {});
    if (input !== undefined && "unref" in input && typeof input.unref === "function") input.unref();
    const all = [...leaders].map((leader) => `+ ${leader}\n`).join("");
    if (all !== "") input?.write(all);
    // The new watcher now knows every leader; lines meant for its predecessor are dropped.
    pending = "";
    unannounced.clear();
    const onEnd = (): void => {
      child.removeAllListeners("exit");
      input = undefined;
      start();
    };
    child.once("exit", onEnd);
    child.once("error", onEnd);
  }

  function announce(): void {
    announce_timer = undefined;
    for (const leader of unannounced) pending += `+ ${leader}\n`;
    unannounced.clear();
    flush();
  }

  function flush(): void {
    if (pending !== "") input?.write(pending);
    pending = "";
  }

  start();
  return {
    add(leader) {
      leaders.add(leader);
      unannounced.add(leader);
      if (announce_delay_ms === 0) announce();
      else announce_timer ??= setTimeout(announce, announce_delay_ms).unref();
    },
    remove(leader) {
      leaders.delete(leader);
      if (unannounced.delete(leader)) return;
      // The next command usually starts in the same turn, so one write covers both.
      if (pending === "") setImmediate(flush);
      pending += `- ${leader}\n`;
    },
    close(nothing_left) {
      closed = true;
      clearTimeout(announce_timer);
      if (!nothing_left) announce();
      if (nothing_left) input?.write("q\n");
      input?.end();
    },
  };
}

const spawnWatcher = (args: readonly string[]): ChildProcess =>
  spawn("/bin/sh", ["-c", script, watcher_name, ...args], {
    cwd: "/",
    // No token in its environment: an outer dispatch must not kill it before it has done its work.
    env: { PATH: process.env["PATH"] },
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
