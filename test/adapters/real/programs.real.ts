import { expect, test } from "vitest";
import { vendors } from "./setups.ts";
import { describeReal } from "./vendors.ts";

for (const [name, vendor] of Object.entries(vendors)) {
  describeReal(name, name, { adapter: name, ...vendor.config }, ({ run, here }) => {
    test("writes a file and says so", async () => {
      await using it = await run([vendor.writes("made.txt", "by an agent"), { text: "It is written." }]);
      const { rig, result, left } = it;
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
      await using it = await run([{ status: 401 }]);
      const { result } = it;
      expect(result.results[0]).toMatchObject({ status: "error", error_kind: "auth", suggestion: expect.any(String) });
    });

    test("that is limited takes its turn again when it may, at no attempt's cost", async () => {
      const limit = { status: 429, once: true, message: "Rate limit reached, try again in 1 second" };
      await using it = await run([limit, { text: "Later." }]);
      const { result } = it;
      expect(result.results[0]).toMatchObject({ status: "success", output: "Later." });
      const waits = it.rig.journal().filter(({ type }) => type === "task.waiting");
      // Who tries again inside tells nobody.
      expect(waits.length).toBe(vendor.tells_limit ? 1 : 0);
    });

    test("goes on in its session when the check failed", async () => {
      const check = "test -e proof.txt || { touch proof.txt; echo no proof here; false; }";
      await using it = await run([{ text: "Done." }, { text: "Done now." }], { retries: 1, verify: [check] });
      const { result } = it;
      // One answer of the scripted model an attempt: the session's earlier turn counts once.
      const usage = { output_tokens: 40 };
      expect(result.results[0]).toMatchObject({ status: "success", output: "Done now.", attempts: 2, usage });
      const last = JSON.stringify(here().endpoint.requests.at(-1)?.body);
      expect(last).toContain("no proof here");
      // The first turn is part of the same conversation.
      expect(last).toContain("Done.");
    });

    test("goes on in its session when it was stopped because it took too long", async () => {
      const steps = [vendor.writes("made.txt", "by an agent"), { hangs: true as const, once: true }, { text: "After all." }];
      // The others take their time to start.
      const timeout_seconds = vendor.tells_limit ? 15 : 30;
      await using it = await run(steps, { retries: 1, timeout_seconds });
      const { result } = it;
      expect(result.results[0]).toMatchObject({ status: "success", output: "After all.", attempts: 2 });
      const last = JSON.stringify(here().endpoint.requests.at(-1)?.body);
      expect(last).toContain(`It took longer than ${timeout_seconds} s`);
      // What it did in its first turn is part of the same conversation.
      expect(last).toContain("by an agent");
      expect(it.left).toEqual([]);
    });

    test.skipIf(vendor.tells_limit)("that tries again by itself is said to have done so until its time was over", async () => {
      await using it = await run([{ status: 429, message: "Rate limit reached" }], { timeout_seconds: 30 });
      expect(it.result.results[0]).toMatchObject({
        error_kind: "timeout",
        error: expect.stringMatching(/still trying again by itself, after: .*Rate limit/),
      });
    });

    test("that may only read changes nothing", async () => {
      await using it = await run([vendor.writes("made.txt", "x"), { text: "I tried." }], {}, { permissions: "read-only" });
      const { result } = it;
      expect(it.rig.exists("made.txt")).toBe(false);
      expect(result.results[0]?.files_changed ?? []).toEqual([]);
    });
  });
}
