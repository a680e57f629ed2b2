import { expect, test } from "vitest";
import { vendors } from "./setups.ts";
import { describeReal } from "./vendors.ts";

for (const [name, vendor] of Object.entries(vendors)) {
  describeReal(name, name, { adapter: name, ...vendor.config }, ({ run, setup }) => {
    test("writes a file and reports it", async () => {
      await using it = await run([vendor.writeCall("made.txt", "by an agent"), { text: "It is written." }]);
      const { rig, result, left } = it;
      const [row] = result.results;
      expect(row).toMatchObject({ status: "success", output: "It is written.", attempts: 1 });
      expect(rig.read("made.txt").trim()).toBe("by an agent");
      expect(row?.files_changed?.some((file) => file.endsWith("made.txt"))).toBe(true);
      // Two responses of the scripted model, each with 100 input tokens (some formats add 40 cached) and 20 output tokens.
      expect(row?.usage?.output_tokens).toBe(40);
      expect(row?.usage?.input_tokens).toBeGreaterThanOrEqual(200);
      expect(row?.session_id).toBeTypeOf("string");
      expect(left).toEqual([]);
    });

    test("fails with kind auth when the endpoint rejects its key", async () => {
      await using it = await run([{ status: 401 }]);
      const { result } = it;
      expect(result.results[0]).toMatchObject({ status: "error", error_kind: "auth", suggestion: expect.any(String) });
    });

    test("retries after a rate limit without counting an attempt", async () => {
      const limit = { status: 429, once: true, message: "Rate limit reached, try again in 1 second" };
      await using it = await run([limit, { text: "Later." }]);
      const { result } = it;
      expect(result.results[0]).toMatchObject({ status: "success", output: "Later." });
      const waits = it.rig.journal().filter(({ type }) => type === "task.waiting");
      // Programs that retry by themselves do not report the limit.
      expect(waits.length).toBe(vendor.fails_on_rate_limit ? 1 : 0);
    });

    test("continues its session after a failed verify command", async () => {
      const check = "test -e proof.txt || { touch proof.txt; echo no proof here; false; }";
      await using it = await run([{ text: "Done." }, { text: "Done now." }], { retries: 1, verify: [check] });
      const { result } = it;
      // One response of the scripted model per attempt: the session's earlier turn is not counted twice.
      const usage = { output_tokens: 40 };
      expect(result.results[0]).toMatchObject({ status: "success", output: "Done now.", attempts: 2, usage });
      const last = JSON.stringify(setup().endpoint.requests.at(-1)?.body);
      expect(last).toContain("no proof here");
      // The first turn is part of the same conversation.
      expect(last).toContain("Done.");
    });

    test("continues its session after a timeout", async () => {
      const steps = [vendor.writeCall("made.txt", "by an agent"), { hangs: true as const, once: true }, { text: "After all." }];
      // The others start slowly.
      const timeout_seconds = vendor.fails_on_rate_limit ? 15 : 30;
      await using it = await run(steps, { retries: 1, timeout_seconds });
      const { result } = it;
      expect(result.results[0]).toMatchObject({ status: "success", output: "After all.", attempts: 2 });
      const last = JSON.stringify(setup().endpoint.requests.at(-1)?.body);
      expect(last).toContain(`Timed out after ${timeout_seconds} s`);
      // The changes of its first turn are part of the same conversation.
      expect(last).toContain("by an agent");
      expect(it.left).toEqual([]);
    });

    test.skipIf(vendor.fails_on_rate_limit)("reports the rate limit that it retried until its timeout", async () => {
      await using it = await run([{ status: 429, message: "Rate limit reached" }], { timeout_seconds: 30 });
      expect(it.result.results[0]).toMatchObject({
        error_kind: "timeout",
        error: expect.stringMatching(/still retrying after: .*Rate limit/),
      });
    });

    test("changes nothing with permissions read-only", async () => {
      await using it = await run([vendor.writeCall("made.txt", "x"), { text: "I tried." }], {}, { permissions: "read-only" });
      const { result } = it;
      expect(it.rig.exists("made.txt")).toBe(false);
      expect(result.results[0]?.files_changed ?? []).toEqual([]);
    });
  });
}
