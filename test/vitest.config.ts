import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    globalSetup: ["test/support/build.ts"],
    include: ["test/**/*.test.ts"],
    // Tests wait for events, not for time; the timeout only ends a test that hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // End-to-end tests start real processes: two at a time suit two cores.
    maxWorkers: 2,
  },
});
