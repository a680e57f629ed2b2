import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("../../..", import.meta.url).pathname,
    globalSetup: ["test/support/build.ts"],
    include: ["test/adapters/real/*.real.ts"],
    // The vendors' programs take seconds to start, and longer if two start at once.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 1,
  },
});
