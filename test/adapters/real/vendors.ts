/** A vendor's real program, prepared for tests. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import type { RunResult } from "../../../src/index.ts";
import { type Endpoint, type Step, scripted, startEndpoint } from "../../support/endpoint/index.ts";
import { Rig, root } from "../../support/rig.ts";
import { bin_folder, vendors } from "./setups.ts";

/** A prepared program. */
export interface RealProgram {
  /** The endpoint, and the environment for dispatch. */
  setup(): { endpoint: Endpoint; env: Record<string, string> };
  /** Runs one task on the real program. */
  run(
    steps: readonly Step[],
    task?: object,
    config?: object,
  ): Promise<{ rig: Rig; result: RunResult; left: number[]; [Symbol.asyncDispose](): Promise<void> }>;
}

/** Describes the tests of an agent on a vendor's real program; skipped if the program is not installed. */
export function describeReal(title: string, name: string, agent: object, tests: (ready: RealProgram) => void): void {
  const is_installed = existsSync(join(bin_folder, name));
  describe.skipIf(!is_installed)(`${title}${is_installed ? "" : " (not installed: npm run test:agents installs it)"}`, () => {
    let endpoint: Endpoint;
    let home: string;
    let env: Record<string, string>;

    beforeAll(async () => {
      endpoint = await startEndpoint();
      // Codex warns if its home is below the system's temporary folder.
      mkdirSync(join(root, "generated"), { recursive: true });
      home = mkdtempSync(join(root, "generated", "home-"));
      const pointed = vendors[name]?.prepare(home, endpoint.url);
      env = { HOME: home, PATH: `${bin_folder}:${process.env["PATH"] ?? ""}`, ...pointed };
    });

    afterAll(async () => {
      await endpoint.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    });

    tests({
      setup: () => ({ endpoint, env }),
      async run(steps, task = {}, config = {}) {
        const rig = new Rig();
        const file = {
          tasks: [{ task_id: "a", agent: "it", description: `Write the file. ${scripted(steps)}`, ...task }],
          config: { agents: { it: { ...agent, ...config } } },
        };
        const { result } = await rig.dispatch(file, [], { env });
        return { rig, result, left: rig.leftovers(), [Symbol.asyncDispose]: () => rig.close() };
      },
    });
  });
}
