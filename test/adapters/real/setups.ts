/** How to point each vendor's program at the scripted endpoint, and how its model calls the tool that writes a file. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../support/rig.ts";

/** Where the programs are installed. */
export const bin_folder = join(root, "test/adapters/real/node_modules/.bin");

/** What a test needs to know about a vendor. */
export interface Vendor {
  /** Prepares a home folder; returns the variables that point the program at the endpoint. */
  prepare(home: string, url: string): Record<string, string>;
  /** Its entry in `config.agents`. */
  config: { model?: string; permissions?: "full" };
  /** Returns the tool call that writes a file in the workspace. */
  writeCall(file: string, content: string): { tool: string; input: unknown };
  /** Whether it fails at once on a rate limit; the others retry by themselves and do not report it. */
  fails_on_rate_limit: boolean;
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
    writeCall: (file_path, content) => ({ tool: "Write", input: { file_path, content } }),
    fails_on_rate_limit: true,
  },
  codex: {
    prepare(home, url) {
      const provider = `name = "scripted"\nbase_url = "${url}/v1"\nwire_api = "responses"\nenv_key = "CODEX_API_KEY"\n`;
      const settings = `model_provider = "scripted"\nmodel = "scripted"\n[model_providers.scripted]\n${provider}`;
      write(home, ".codex/config.toml", `${settings}request_max_retries = 0\nstream_max_retries = 0\n`);
      return { CODEX_API_KEY: "none" };
    },
    // Its sandbox needs system features that containers often lack.
    config: { permissions: "full" },
    writeCall: (file, content) => ({
      tool: "exec_command",
      input: { cmd: `apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: ${file}\n+${content}\n*** End Patch\nEOF\n` },
    }),
    fails_on_rate_limit: true,
  },
  gemini: {
    prepare(home, url) {
      write(home, ".gemini/settings.json", JSON.stringify({ security: { auth: { selectedType: "gemini-api-key" } } }));
      return { GEMINI_API_KEY: "none", GOOGLE_GEMINI_BASE_URL: url };
    },
    config: { model: "gemini-2.5-pro" },
    writeCall: (file_path, content) => ({ tool: "write_file", input: { file_path, content } }),
    fails_on_rate_limit: false,
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
    writeCall: (filePath, content) => ({ tool: "write", input: { filePath, content } }),
    fails_on_rate_limit: false,
  },
};

function write(home: string, path: string, content: string): void {
  mkdirSync(join(home, path, ".."), { recursive: true });
  writeFileSync(join(home, path), content);
}
