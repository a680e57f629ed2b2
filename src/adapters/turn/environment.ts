/** What every agent is given of the environment of dispatch, besides what is its own vendor's. */
const common = new Set([
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
 * The environment of an agent: an allow-list, so that keys which are not its own do not reach a model's tools.
 * `pass` names further variables.
 */
export function agentEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  prefixes: readonly string[],
  pass: readonly string[],
): Record<string, string> {
  const starts = [...common_prefixes, ...prefixes];
  const named = new Set(pass);
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (value === undefined) continue;
    if (common.has(name) || named.has(name) || starts.some((start) => name.startsWith(start))) env[name] = value;
  }
  return env;
}
