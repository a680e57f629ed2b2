import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { SignInStatus } from "#agents";
import type { Program, ProgramFile } from "./program.ts";

/** Returns what signs a program's user in. A sign-in kept in the system's keychain cannot be detected. */
export function signInStatusOf(
  { credentials, sign_in }: Program,
  env: Readonly<Record<string, string | undefined>>,
  exists: (path: string) => boolean = existsSync,
): SignInStatus {
  const variable = credentials.variables.find((name) => (env[name] ?? "") !== "");
  if (variable !== undefined) return { signed_in: variable };
  const path = pathOf(credentials.file, env);
  return exists(path) ? { signed_in: path } : { sign_in };
}

/** Returns the path of a program's file in this environment. */
export const pathOf = ({ variable, folder, name }: ProgramFile, env: Readonly<Record<string, string | undefined>>): string =>
  join(env[variable] || join(env["HOME"] || homedir(), folder), name);
