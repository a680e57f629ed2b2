import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { entryOf, Project, whyNot } from "./project.ts";

describe("a pattern", () => {
  test.each([
    ["onex-architecture", "onex-architecture"],
    ["onex-effect-node", "onex-effect-node"],
    ["onex-compute-node", "onex-compute-node"],
    ["onex-reducer-node", "onex-reducer-node"],
    ["onex-orchestrator-node", "onex-orchestrator-node"],
    ["ONEX_compute_pattern", "onex-compute-node"],
    ["onex-patterns", "onex-architecture"],
    ["error-handling", "error-handling"],
    ["debugging", "debugging"],
  ])("%s is built in", async (name, expected) => {
    using project = new Project();
    const { type, content, metadata } = entryOf(await project.gather([`pattern:${name}`]), `pattern:${name}`);
    expect(type).toBe("pattern");
    expect(content).toMatchObject({ name: expected });
    expect((content as { rules: string[] }).rules.length).toBeGreaterThan(4);
    expect(metadata["source"]).toBe("built-in");
  });

  test("of the project overrides the built-in one; JSON is an object, anything else text", async () => {
    using project = new Project();
    project.write(".dispatch/patterns/error-handling.md", "# Ours\n");
    project.write(".dispatch/patterns/naming.json", '{"prefix": "Acme"}');
    project.write(".dispatch/patterns/list.json", "[1]");
    project.write(".dispatch/patterns/broken.json", "{");
    const keys = ["error-handling", "naming", "list", "broken"].map((name) => `pattern:${name}`);
    const pool = await project.gather(keys);
    expect(keys.map((key) => entryOf(pool, key).content)).toEqual(["# Ours\n", { prefix: "Acme" }, "[1]", "{"]);
    expect(entryOf(pool, "pattern:naming").metadata).toMatchObject({
      source: "workspace",
      path: ".dispatch/patterns/naming.json",
    });
  });

  test("without a definition is shown by the best code with that name", async () => {
    using project = new Project();
    project.write("src/rate_limiter.py", "class RateLimiter: ...\n");
    project.write("src/limits/rate.py", "RATE = 1\n");
    project.write("src/other.py", "pass\n");
    project.write("docs/rate-limiter.md", "# no code");
    const { content, metadata } = entryOf(await project.gather(["pattern:rate-limiter"]), "pattern:rate-limiter");
    expect(metadata).toEqual({ source: "examples", paths: ["src/rate_limiter.py", "src/limits/rate.py"] });
    expect(content).toMatchObject({ examples: [{ path: "src/rate_limiter.py", code: "class RateLimiter: ...\n" }, {}] });
  });

  test("without a definition or code is missing, and the reason lists the built-in ones", async () => {
    using project = new Project();
    project.write("src/other.py", "pass\n");
    const pool = await project.gather(["pattern:flux-capacitor", "pattern:../../etc/passwd"]);
    expect(whyNot(pool, "pattern:flux-capacitor")).toContain("built-in patterns: onex-architecture, ");
    expect(whyNot(pool, "pattern:../../etc/passwd")).toContain("a pattern name may contain only letters");
  });

  test("is never read from outside the workspace", async () => {
    using outside = new Project();
    outside.write("evil.md", "SECRET");
    using project = new Project();
    project.link(".dispatch/patterns/evil.md", join(outside.root, "evil.md"));
    const pool = await project.gather(["pattern:evil"]);
    expect(whyNot(pool, "pattern:evil")).toBe(".dispatch/patterns/evil.md: the link leads outside the workspace");
  });
});
