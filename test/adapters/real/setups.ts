/** How each vendor's program is pointed at the scripted endpoint, and how its model would call a tool. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../support/rig.ts";

/** Where the programs are installed. */
export const bin_folder = join(root, "test/adapters/real/node_modules/.bin");

/** One vendor, as far as a test must know it. */
export interface Vendor {
  /** Makes a home folder ready; the variables that point the program at the endpoint come back. */
  prepare(home: string, url: string): Record<string, string>;
  /** What `config.agents` says of it. */
  config: { model?: string; permissions?: "full" };
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
