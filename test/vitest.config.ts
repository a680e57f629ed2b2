import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    globalSetup: ["test/support/build.ts"],
    include: ["test/**/*.test.ts"],
    // Tests wait for events, not for time; this only ends what would never end.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // End-to-end tests start real processes: two cores hold two of them.
    maxWorkers: 2,
  },
});
