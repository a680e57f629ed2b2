import { rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Job } from "#agents";
import { capture } from "#agents";
import type { Check } from "./checks.ts";

const compile_script =
  "import sys\nwith open(sys.argv[1], encoding='utf-8') as file:\n    compile(file.read(), 'node.py', 'exec')";

/** Compiles the module with python3 and runs its self-check. Returns undefined if the task was stopped. */
export async function checkWithPython(job: Job, code: string, signal: AbortSignal): Promise<Check[] | undefined> {
  const file = `${job.files.input}.${job.attempt}.node.py`;
  const cwd = dirname(job.files.input);
  // -I ignores the user's environment and the workspace; -B writes no bytecode.
  const runPython = (...args: string[]) =>
    capture(job, { command: ["python3", "-I", "-B", ...args], cwd, max_bytes: 64 * 1024 }, signal);
  try {
    writeFileSync(file, code, { mode: 0o600 });
    const compiled = await runPython("-c", compile_script, file);
    if (compiled.end.stopped) return undefined;
    if (compiled.end.type === "not_started")
      return [
        {
          name: "compile",
          level: "syntax",
          passed: true,
          message: "python3 was not found; only the built-in parser has checked the module.",
        },
      ];
    if (compiled.end.type !== "exited" || compiled.end.exit_code !== 0) {
      const line = Number(
        compiled.stderr
          .match(/line (\d+)/g)
          ?.at(-1)
          ?.slice(5),
      );
      const message = `python3 cannot compile it: ${lastLine(compiled.stderr)}.`;
      return [{ name: "compile", level: "syntax", passed: false, message, ...(Number.isInteger(line) ? { line } : {}) }];
    }
    const compiles: Check = { name: "compile", level: "syntax", passed: true, message: "python3 compiles it." };
    const run = await runPython(file);
    if (run.end.stopped) return undefined;
    const passed = run.end.type === "exited" && run.end.exit_code === 0;
    const message = passed ? lastLine(run.stdout) : `The self-check failed: ${lastLine(run.stderr)}.`;
    return [compiles, { name: "self_check", level: "error", passed, message }];
  } finally {
    rmSync(file, { force: true });
  }
}

const lastLine = (text: string): string => (text.trimEnd().split("\n").at(-1) ?? "").trim().slice(0, 300);
