/** Runs the real binary on a pseudo-terminal and reads the screen that a user would see. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { bin, type Rig } from "./rig.ts";
import { createScreen, type Screen, type Size } from "./screen.ts";

/** Why there is no pseudo-terminal here, or `undefined`. Needs util-linux's `script`; the one of macOS is different. */
export const no_terminal: string | undefined = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes(
  "util-linux",
)
  ? undefined
  : "util-linux's script is not installed";

/** A command on a terminal. */
export interface OnTerminal extends Pick<Screen, "lines" | "wrapped" | "cursor_visible">, AsyncDisposable {
  /** Resolves when the screen meets a condition; rejects if the command ends first. */
  waitUntilShown(condition: (lines: string[]) => boolean): Promise<void>;
  /** Sends keyboard input. */
  type(text: string): void;
  resize(size: Size): void;
  /** Resolves to the exit code when all output is on the screen. */
  ended: Promise<number | null>;
}

/** Starts `dispatch ARGS` on a terminal of this size. */
export function startOnTerminal(rig: Rig, args: readonly string[], size: Size, more: Record<string, string> = {}): OnTerminal {
  const screen = createScreen(size);
  const quoted = [process.execPath, bin, ...args].map((word) => `'${word}'`).join(" ");
  const env: Record<string, string | undefined> = { ...process.env, SHELL: "/bin/sh", TERM: "xterm-256color", ...more };
  for (const name of Object.keys(env))
    if (/^(DISPATCH_|CI$|GITHUB_|FORCE_COLOR|NO_COLOR)/.test(name) && more[name] === undefined) delete env[name];
  const command = `stty cols ${size.columns} rows ${size.rows}; tty > tty; exec ${quoted}`;
  const child = spawn("script", ["-qefc", command, "/dev/null"], { cwd: rig.folder, env, stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.on("error", () => {});
  const watchers = new Set<() => void>();
  let written = Promise.resolve();
  child.stdout.on("data", (chunk: Buffer) => {
    written = screen.write(chunk).then(() => {
      for (const watcher of watchers) watcher();
    });
  });
  const ended = once(child, "close").then(async ([exit_code]: (number | null)[]) => {
    await written;
    return exit_code ?? null;
  });
  const { lines, wrapped } = screen;
  return {
    lines,
    wrapped,
    get cursor_visible() {
      return screen.cursor_visible;
    },
    waitUntilShown: (condition) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!condition(lines())) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
        void ended.then(() => reject(new Error(`The command ended without showing that:\n${lines().join("\n")}`)));
      }),
    type: (text) => void child.stdin.write(text),
    resize(new_size) {
      const { columns, rows } = new_size;
      screen.resize(new_size);
      execFileSync("stty", ["-F", rig.read("tty").trim(), "cols", String(columns), "rows", String(rows)]);
    },
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await once(child, "close");
      }
      screen.close();
    },
  };
}
