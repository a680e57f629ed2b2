/** Variables of dispatch's environment that every agent gets, besides those of its own vendor. */
const common_names = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "TERM",
  "TMPDIR",
  "TZ",
  "LANG",
  "LANGUAGE",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "all_proxy",
  "no_proxy",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
  "NO_COLOR",
  "CI",
]);

const common_prefixes = ["LC_", "XDG_"];

/**
 * Returns the environment of an agent. It is an allow-list, so that other vendors' keys do not reach a model's tools.
 * `prefixes` are those of the agent's vendor; `pass_env` names further variables.
 */
export function agentEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  prefixes: readonly string[],
  pass_env: readonly string[],
): Record<string, string> {
  const all_prefixes = [...common_prefixes, ...prefixes];
  const passed = new Set(pass_env);
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (value === undefined) continue;
    if (common_names.has(name) || passed.has(name) || all_prefixes.some((start) => name.startsWith(start))) env[name] = value;
  }
  return env;
}
