import { defineConfig, mergeConfig } from "vitest/config";
import whole from "./vitest.config.ts";

/** What `npm run test:fast` leaves out: tests that start dispatch or many other processes, except for one quick file. */
const slow = [
  "test/e2e/!(run).test.ts",
  // These run every command of the pages, and the code that the coder writes.
  "test/docs/commands.test.ts",
  "test/coder/{contracts,drivers,judge,unseen}.test.ts",
  // Each of these tests builds an index in a process of its own.
  "test/search/{embeddings,index,mcp,python,shared}.test.ts",
];

export default mergeConfig(whole, defineConfig({ test: { exclude: ["**/node_modules/**", ...slow] } }));
