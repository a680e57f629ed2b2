/** A vendor's real program, made ready for tests. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import type { RunResult } from "../../../src/index.ts";
import { type Endpoint, type Step, scripted, startEndpoint } from "../../support/endpoint/index.ts";
import { Rig, root } from "../../support/rig.ts";
import { bin_folder, vendors } from "./setups.ts";

/** A vendor's program that is ready to be used. */
export interface Ready {
  /** What the test's dispatch finds there. */
  here(): { endpoint: Endpoint; env: Record<string, string> };
  /** Runs one task on the real program. */
  run(
    steps: readonly Step[],
    task?: object,
    config?: object,
  ): Promise<{ rig: Rig; result: RunResult; left: number[]; [Symbol.asyncDispose](): Promise<void> }>;
}

/** Describes what a vendor's real program does behind an agent of this configuration; skipped where it is not installed. */
export function describeReal(title: string, name: string, agent: object, tests: (ready: Ready) => void): void {
  const is_here = existsSync(join(bin_folder, name));
  describe.skipIf(!is_here)(`${title}${is_here ? "" : " (not installed: npm run test:agents installs it)"}`, () => {
    let endpoint: Endpoint;
    let home: string;
    let env: Record<string, string>;

    beforeAll(async () => {
      endpoint = await startEndpoint();
      // Codex wants a home that does not lie under the system's folder for temporary files.
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
      here: () => ({ endpoint, env }),
      async run(steps, task = {}, config = {}) {
        const rig = new Rig();
        const file = {
          tasks: [{ task_id: "a", agent: "it", description: `Write the file. ${scripted(steps)}`, ...task }],
          config: { agents: { it: { ...agent, ...config } } },
        };
        const { result } = await rig.dispatch(file, [], { env });
        return { rig, result, left: rig.left(), [Symbol.asyncDispose]: () => rig.close() };
      },
    });
  });
}
