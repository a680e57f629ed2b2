import type { LaunchContext, Probe } from "#agents";
import { findProgram } from "#files";
import { runQuery } from "#process";
import { installLine } from "../turn/conclude.ts";
import { agentEnvironment } from "../turn/environment.ts";
import type { AgentSettings } from "../turn/settings.ts";
import type { Program } from "./program.ts";

/** Longest time that a program may take to print its version; milliseconds. */
const timeout_ms = 20_000;

/** Checks whether a program is installed and new enough. It runs `--version`, which costs no money. */
export async function probeProgram(program: Program, settings: AgentSettings, { env, cwd }: LaunchContext): Promise<Probe> {
  const [file, ...args] = settings.command ?? [program.file];
  if (findProgram(file, env["PATH"], cwd) === undefined) {
    return { found: false, why_not: `${file} was not found; install it: ${installLine(program)}` };
  }
  const child_env = { ...agentEnvironment(env, program.env_prefixes, settings.pass_env), ...settings.env };
  const result = await runQuery([file, ...args, "--version"], {
    cwd,
    env: child_env,
    signal: AbortSignal.timeout(timeout_ms),
  });
  if (!result.ok) return { found: false, why_not: `${file} --version failed: ${result.why}` };
  const version = /\d+\.\d+\.\d+[\w.-]*/.exec(result.stdout.toString())?.[0] ?? "unknown version";
  return isOlder(version, program.min_version)
    ? { found: false, why_not: `version ${version} is too old; update it: ${installLine(program)}@latest` }
    : { found: true, version };
}

function isOlder(version: string, min_version: string): boolean {
  const numbers = version.split(/[.-]/).map(Number);
  for (const [i, required] of min_version.split(".").map(Number).entries()) {
    const found = numbers[i] ?? 0;
    if (Number.isNaN(found) || found !== required) return found < required;
  }
  return false;
}
