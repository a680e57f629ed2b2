/** How each vendor's program is pointed at the scripted endpoint, and how its model would call a tool. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import type { RunResult } from "../../../src/index.ts";
import { type Endpoint, type Step, scripted, startEndpoint } from "../../support/endpoint/index.ts";
import { Rig, root } from "../../support/rig.ts";

/** Where the programs are installed. */
const bin_folder = join(root, "test/agents/real/node_modules/.bin");

/** One vendor, as far as a test must know it. */
export interface Vendor {
  /** Makes a home folder ready; the variables that point the program at the endpoint come back. */
  prepare(home: string, url: string): Record<string, string>;
  /** What `config.agents` says of it. */
  config: { model?: string; permissions?: string };
  /** The call that writes a file in the workspace. */
  writes(file: string, content: string): { tool: string; input: unknown };
  /** Whether it gives up at once where it is refused for its rate; the others try again inside, and their user never knows. */
  tells_limit: boolean;
}

export const vendors: Readonly<Record<string, Vendor>> = {
  claude: {
    prepare: (_, url) => ({
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: "none",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      CLAUDE_CODE_MAX_RETRIES: "0",
    }),
    config: {},
    writes: (file_path, content) => ({ tool: "Write", input: { file_path, content } }),
    tells_limit: true,
  },
  codex: {
    prepare(home, url) {
      const provider = `name = "scripted"\nbase_url = "${url}/v1"\nwire_api = "responses"\nenv_key = "CODEX_API_KEY"\n`;
      const settings = `model_provider = "scripted"\nmodel = "scripted"\n[model_providers.scripted]\n${provider}`;
      write(home, ".codex/config.toml", `${settings}request_max_retries = 0\nstream_max_retries = 0\n`);
      return { CODEX_API_KEY: "none" };
    },
    // Its sandbox needs what containers often lack.
    config: { permissions: "full" },
    writes: (file, content) => ({
      tool: "exec_command",
      input: { cmd: `apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: ${file}\n+${content}\n*** End Patch\nEOF\n` },
    }),
    tells_limit: true,
  },
  gemini: {
    prepare(home, url) {
      write(home, ".gemini/settings.json", JSON.stringify({ security: { auth: { selectedType: "gemini-api-key" } } }));
      return { GEMINI_API_KEY: "none", GOOGLE_GEMINI_BASE_URL: url };
    },
    config: { model: "gemini-2.5-pro" },
    writes: (file_path, content) => ({ tool: "write_file", input: { file_path, content } }),
    tells_limit: false,
  },
  opencode: {
    prepare: (_, url) => ({
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_CONFIG_CONTENT: JSON.stringify({
        model: "scripted/m",
        provider: {
          scripted: {
            npm: "@ai-sdk/openai-compatible",
            options: { baseURL: `${url}/v1`, apiKey: "none" },
            models: { m: {} },
          },
        },
      }),
    }),
    config: { model: "scripted/m" },
    writes: (filePath, content) => ({ tool: "write", input: { filePath, content } }),
    tells_limit: false,
  },
};

function write(home: string, path: string, content: string): void {
  mkdirSync(join(home, path, ".."), { recursive: true });
  writeFileSync(join(home, path), content);
}

/** A vendor's program that is ready to be used. */
export interface Ready {
  /** What the test's dispatch finds there. */
  here(): { endpoint: Endpoint; env: Record<string, string> };
  /** Runs one task on the real program. */
  run(
    steps: readonly Step[],
    task?: object,
    config?: object,
  ): Promise<{ rig: Rig; result: RunResult; left: number[]; [Symbol.asyncDispose](): Promise<void> }>;
}

/** Describes what a vendor's real program does behind an agent of this configuration; skipped where it is not installed. */
export function describeReal(title: string, name: string, agent: object, tests: (ready: Ready) => void): void {
  const is_here = existsSync(join(bin_folder, name));
  describe.skipIf(!is_here)(`${title}${is_here ? "" : " (not installed: npm run test:agents installs it)"}`, () => {
    let endpoint: Endpoint;
    let home: string;
    let env: Record<string, string>;

    beforeAll(async () => {
      endpoint = await startEndpoint();
      // Codex wants a home that does not lie under the system's folder for temporary files.
      mkdirSync(join(root, "generated"), { recursive: true });
      home = mkdtempSync(join(root, "generated", "home-"));
      const pointed = vendors[name]?.prepare(home, endpoint.url);
      env = { HOME: home, PATH: `${bin_folder}:${process.env["PATH"] ?? ""}`, ...pointed };
    });

    afterAll(async () => {
      await endpoint.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    });

    tests({
      here: () => ({ endpoint, env }),
      async run(steps, task = {}, config = {}) {
        const rig = new Rig();
        const file = {
          tasks: [{ task_id: "a", agent: "it", description: `Write the file. ${scripted(steps)}`, ...task }],
          config: { agents: { it: { ...agent, ...config } } },
        };
        const { result } = await rig.dispatch(file, [], { env });
        return { rig, result, left: rig.left(), [Symbol.asyncDispose]: () => rig.close() };
      },
    });
  });
}
