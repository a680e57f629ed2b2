/** `node test/adapters/real/record.ts` records the output of the vendors' programs for programs/recordings.test.ts. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { programs } from "../../../src/adapters/programs/index.ts";
import { type Step, scripted, startEndpoint } from "../../support/endpoint/index.ts";
import { root } from "../../support/rig.ts";
import { bin_folder, vendors } from "./setups.ts";

const recordings = join(root, "test/adapters/programs/recordings");
const error_statuses: Readonly<Record<string, number>> = { "no-key": 401, limit: 429, broken: 500 };

const endpoint = await startEndpoint();
mkdirSync(recordings, { recursive: true });
mkdirSync(join(root, "generated"), { recursive: true });
for (const [name, vendor] of Object.entries(vendors)) {
  const success: Step[] = [vendor.writeCall("made.txt", "by an agent"), { text: "It is written." }];
  await record(name, "success", success);
  for (const [title, status] of Object.entries(error_statuses)) {
    // A program that retries by itself would not end.
    if (status === 401 || vendor.fails_on_rate_limit) await record(name, title, [{ status }]);
  }
}
await endpoint.close();

/** Runs one turn of a program and stores its output, without this machine's paths. */
async function record(name: string, title: string, steps: readonly Step[]): Promise<void> {
  const program = programs.get(name);
  const vendor = vendors[name];
  if (program === undefined || vendor === undefined) throw new Error(`Unknown vendor ${name}`);
  const home = mkdtempSync(join(root, "generated", "home-"));
  const cwd = join(home, "work");
  mkdirSync(cwd);
  writeFileSync(join(home, "prompt"), `Write the file. ${scripted(steps)}`);
  const { model, permissions = "edit" } = vendor.config;
  const turn = { session_id: undefined, schema: undefined, budget_usd: undefined, trusted_folders: [] };
  const { args, env: own } = program.start({ ...turn, model, permissions });
  const PATH = `${bin_folder}:${process.env["PATH"] ?? ""}`;
  const env = { HOME: home, PATH, ...vendor.prepare(home, endpoint.url), ...own };
  const stdio = [openSync(join(home, "prompt"), "r"), openSync(join(home, "out"), "w"), openSync(join(home, "err"), "w")];
  const [exit_code] = await once(spawn(program.file, args, { cwd, env, stdio }), "exit");
  for (const stream of ["out", "err"]) {
    const text = readFileSync(join(home, stream), "utf8").replaceAll(home, "/home/me").replaceAll(bin_folder, "/usr/bin");
    const text_without_paths = text.replaceAll(relative(root, home), "home/me").replaceAll(root, "/src/");
    writeFileSync(join(recordings, `${name}-${title}.${stream}`), text_without_paths);
  }
  writeFileSync(join(recordings, `${name}-${title}.exit`), `${exit_code}\n`);
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  process.stdout.write(`${name}-${title}: ${exit_code}\n`);
}
