import { defineConfig } from "vitest/config";

// Tests wait for events, not for time: the limit only ends what would never end. A soak repeats cases within a test.
const limit_ms = process.env["SOAK"] === "1" ? 1_800_000 : 60_000;

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    globalSetup: ["test/support/seed.ts", "test/support/build.ts"],
    setupFiles: ["test/support/properties.ts"],
    include: ["test/**/*.test.ts"],
    // Tests wait for events, not for time; the timeout only ends a test that hangs.
    testTimeout: limit_ms,
    hookTimeout: limit_ms,
    // End-to-end tests start real processes: two at a time suit two cores.
    maxWorkers: 2,
  },
});
