import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { SignInStatus } from "#agents";
import type { OwnFile, Program } from "./program.ts";

/** By what a program's user is signed in; a keychain shows itself to nobody. */
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

/** Where a program of this environment has a file of its own. */
export const pathOf = ({ variable, folder, name }: OwnFile, env: Readonly<Record<string, string | undefined>>): string =>
  join(env[variable] || join(env["HOME"] || homedir(), folder), name);
