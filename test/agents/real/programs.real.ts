import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunResult } from "../../../src/index.ts";
import { type Endpoint, type Step, scripted, startEndpoint } from "../../support/endpoint/index.ts";
import { Rig, root } from "../../support/rig.ts";
import { bin_folder, vendors } from "./vendors.ts";

for (const [name, vendor] of Object.entries(vendors)) {
  const is_here = existsSync(join(bin_folder, name));
  describe.skipIf(!is_here)(`${name}${is_here ? "" : " (not installed: npm run test:agents installs it)"}`, () => {
    let endpoint: Endpoint;
    let home: string;
    let env: Record<string, string>;

    beforeAll(async () => {
      endpoint = await startEndpoint();
      // Codex wants a home that does not lie under the system's folder for temporary files.
      mkdirSync(join(root, "generated"), { recursive: true });
      home = mkdtempSync(join(root, "generated", "home-"));
      env = { HOME: home, PATH: `${bin_folder}:${process.env["PATH"] ?? ""}`, ...vendor.prepare(home, endpoint.url) };
    });

    afterAll(async () => {
      await endpoint.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    });

    /** Runs one task on the real program. */
    async function run(
      steps: readonly Step[],
      task: object = {},
      config: object = {},
    ): Promise<{ rig: Rig; result: RunResult; left: number[] }> {
      const rig = new Rig();
      const { result } = await rig.dispatch(
        {
          tasks: [{ task_id: "a", agent: name, description: `Write the file. ${scripted(steps)}`, ...task }],
          config: { agents: { [name]: { adapter: name, ...vendor.config, ...config } } },
        },
        [],
        { env },
      );
      return { rig, result, left: rig.left() };
    }

    test("writes a file and says so", async () => {
      const { rig, result, left } = await run([vendor.writes("made.txt", "by an agent"), { text: "It is written." }]);
      await using _ = rig;
      const [row] = result.results;
      expect(row).toMatchObject({ status: "success", output: "It is written.", attempts: 1 });
      expect(rig.read("made.txt").trim()).toBe("by an agent");
      expect(row?.files_changed?.some((file) => file.endsWith("made.txt"))).toBe(true);
      // Two answers of the scripted model: 100 tokens in (for some 40 of them cached beside), 20 out, each.
      expect(row?.usage?.output_tokens).toBe(40);
      expect(row?.usage?.input_tokens).toBeGreaterThanOrEqual(200);
      expect(row?.session_id).toBeTypeOf("string");
      expect(left).toEqual([]);
    });

    test("that may not sign in is an authentication failure", async () => {
      const { rig, result } = await run([{ status: 401 }]);
      await using _ = rig;
      expect(result.results[0]).toMatchObject({ status: "error", error_kind: "auth", suggestion: expect.any(String) });
    });

    test("that is limited takes its turn again when it may, at no attempt's cost", async () => {
      const limit = { status: 429, once: true, message: "Rate limit reached, try again in 1 second" };
      const { rig, result } = await run([limit, { text: "Later." }]);
      await using _ = rig;
      expect(result.results[0]).toMatchObject({ status: "success", output: "Later." });
      const waits = rig.journal().filter(({ type }) => type === "task.waiting");
      // Who tries again inside tells nobody.
      expect(waits.length).toBe(vendor.tells_limit ? 1 : 0);
    });

    test("goes on in its session when the check failed", async () => {
      const check = "test -e proof.txt || { touch proof.txt; echo no proof here; false; }";
      const { rig, result } = await run([{ text: "Done." }, { text: "Done now." }], { retries: 1, verify: [check] });
      await using _ = rig;
      expect(result.results[0]).toMatchObject({ status: "success", output: "Done now.", attempts: 2 });
      const last = JSON.stringify(endpoint.requests.at(-1)?.body);
      expect(last).toContain("no proof here");
      // The first turn is part of the same conversation.
      expect(last).toContain("Done.");
    });

    test("is stopped with all that it started", async () => {
      const rig = new Rig();
      await using _ = rig;
      const { result } = await rig.dispatch(
        {
          tasks: [{ task_id: "a", agent: name, description: `Wait. ${scripted([{ hangs: true }])}`, timeout_seconds: 6 }],
          config: { agents: { [name]: { adapter: name, ...vendor.config } } },
        },
        [],
        { env },
      );
      expect(result.results[0]).toMatchObject({ status: "error", error_kind: "timeout" });
      expect(rig.left()).toEqual([]);
    });

    test("that may only read changes nothing", async () => {
      const { rig, result } = await run(
        [vendor.writes("made.txt", "x"), { text: "I tried." }],
        {},
        { permissions: "read-only" },
      );
      await using _ = rig;
      expect(rig.exists("made.txt")).toBe(false);
      expect(result.results[0]?.files_changed ?? []).toEqual([]);
    });
  });
}
