import { expect, test } from "vitest";
import { vendors } from "./setups.ts";
import { describeReal } from "./vendors.ts";

const agents = {
  // Gemini CLI 0.61 offers to load a session but then does not find it: the retry starts a new one with the history.
  gemini: { command: ["gemini", "--acp", "--skip-trust", "-m", "gemini-2.5-pro"], says_then: "Done." },
  opencode: { command: ["opencode", "acp"], says_then: "Done now." },
};

for (const [name, { command, says_then }] of Object.entries(agents)) {
  const vendor = vendors[name];
  if (vendor === undefined) throw new Error(`Unknown vendor ${name}`);
  describeReal(command.join(" "), name, { adapter: "acp", command }, ({ run, setup }) => {
    test("writes a file and reports it", async () => {
      await using it = await run([vendor.writeCall("made.txt", "by an agent"), { text: "It is written." }]);
      const [row] = it.result.results;
      expect(row).toMatchObject({ status: "success", output: "It is written.", attempts: 1 });
      expect(it.rig.read("made.txt").trim()).toBe("by an agent");
      expect(row?.files_changed?.some((file) => file.endsWith("made.txt"))).toBe(true);
      expect(row?.session_id).toBeTypeOf("string");
      expect(it.left).toEqual([]);
    });

    test("fails with kind auth when the endpoint rejects its key", async () => {
      await using it = await run([{ status: 401 }]);
      expect(it.result.results[0]).toMatchObject({ status: "error", error_kind: "auth" });
    });

    test("continues after a failed verify command", async () => {
      const check = "test -e proof.txt || { touch proof.txt; echo no proof here; false; }";
      await using it = await run([{ text: "Done." }, { text: "Done now." }], { retries: 1, verify: [check] });
      expect(it.result.results[0]).toMatchObject({ status: "success", output: says_then, attempts: 2 });
      expect(JSON.stringify(setup().endpoint.requests.at(-1)?.body)).toContain("no proof here");
    });

    test("is stopped with its whole process tree", async () => {
      await using it = await run([{ hangs: true }], { timeout_seconds: 6 });
      expect(it.result.results[0]).toMatchObject({ status: "error", error_kind: "timeout" });
      expect(it.left).toEqual([]);
    });
  });
}
