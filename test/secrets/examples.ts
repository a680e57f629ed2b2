/** Made-up secrets, one of each kind that the rules know. Assembled at run time, so that secret scanners do not report this file. */
export interface Example {
  /** The secretlint rule that finds it. */
  rule: string;
  /** The name in its mark. */
  name: string;
  /** A text that contains it. */
  text: string;
  /** The part that must be masked. */
  secret: string;
}

/** Returns characters of an alphabet, without a pattern that a rule takes for a placeholder. */
function characters(alphabet: string, length: number): string {
  let state = 7;
  return Array.from({ length }, () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return alphabet[(state >> 8) % alphabet.length];
  }).join("");
}

const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const lower = upper.toLowerCase();
const digits = "0123456789";
const word = upper + lower + digits;
const hex = "0123456789abcdef";
const join = (...parts: string[]): string => parts.join("");

function token(rule: string, name: string, ...parts: string[]): Example {
  const secret = join(...parts);
  return { rule, name, text: `before ${secret} after`, secret };
}

/** Returns a private key over several lines, as openssl writes it. A key of 4096 bits has a length of 3200. */
export function pem(label = "RSA ", length = 700): string {
  const body = `MII${characters(`${word}+/`, length)}`.match(/.{1,64}/g) ?? [];
  const dashes = "-".repeat(5);
  return `${dashes}BEGIN ${label}PRIVATE KEY${dashes}\n${body.join("\n")}\n${dashes}END ${label}PRIVATE KEY${dashes}`;
}

const oauth_token = `${characters(word, 20)}.${characters(word, 19)}`;
const aws_key = characters(`${word}/+`, 40);
const service_account = Buffer.from(JSON.stringify({ email: "a@example.com", key: characters(word, 123) })).toString("base64");
const password = characters(word, 14);
const url = (scheme: string): string => join(scheme, "://", "deploy", ":", password, "@db.internal.net/main");

export const examples: readonly Example[] = [
  token("aws", "aws-access-key-id", "AK", "IA", characters(upper, 16)),
  token("aws", "aws-access-key-id", "A", "3TX", characters(upper, 16)),
  { rule: "aws", name: "aws-secret-access-key", text: join("export AWS_SECRET_", `ACCESS_KEY="${aws_key}"`), secret: aws_key },
  { rule: "aws", name: "aws-account-id", text: join("account", "_id: 1234-5678-", "9012"), secret: "5678-9012" },
  { rule: "privatekey", name: "private-key", text: `a key:\n${pem()}\n`, secret: pem() },
  {
    rule: "privatekey",
    name: "private-key",
    text: pem("OPENSSH ").replace("MII", "b3BlbnNzaC1rZXktdjE"),
    secret: "b3BlbnNzaC1rZXktdjE",
  },
  token("npm", "npm-token", "npm", "_", characters(word, 36)),
  { rule: "npm", name: "npm-token", text: join("//registry/:_auth", `Token=${aws_key}\nnext`), secret: aws_key },
  {
    rule: "npm",
    name: "github-token",
    text: join("https://", oauth_token, ":x-oauth-", "basic@github.com/a/b"),
    secret: oauth_token,
  },
  token("basicauth", "basic-auth", "https://", "deploy", ":", password, "@git.example.net"),
  token("slack", "slack-token", "xo", "xb-", characters(digits, 12), "-", characters(word, 24)),
  token("slack", "slack-token", "xa", "pp-1-", characters(word, 10), "-", characters(digits, 12)),
  token(
    "slack",
    "slack-webhook",
    "https://HOOKS.slack.com/",
    "services/T",
    characters(upper, 8),
    "/B",
    characters(upper, 8),
    "/",
    characters(word, 24),
  ),
  token("sendgrid", "sendgrid-key", "SG", ".", characters(word, 22), ".", characters(word, 43)),
  token("shopify", "shopify-key", "shp", "at_", characters(word, 32)),
  token("stripe", "stripe-secret-key-live", "sk", "_live_", characters(word, 24)),
  token("stripe", "stripe-restricted-key-test", "rk", "_test_", characters(word, 99)),
  ...["p", "o", "u", "s", "r"].map((kind) => token("github", "github-token", "gh", kind, "_", characters(word, 36))),
  token("github", "github-token", "github", "_pat_", characters(word, 82)),
  token(
    "github",
    "github-token",
    "gh",
    "s_12345_",
    characters(word, 30),
    ".",
    characters(word, 9000),
    ".",
    characters(word, 86),
  ),
  token("gitlab", "gitlab-personal-access-token", "gl", "pat-", characters(word, 20)),
  token("grafana", "grafana-cloud-api-token", "gl", "c_eyJ", characters(word, 90)),
  token("grafana", "grafana-service-account-token", "gl", "sa_", characters(word, 32), "_", characters(hex, 8)),
  token("openai", "openai-token", "sk", "-proj-", characters(word, 74), "T3Blbk", "FJ", characters(word, 74)),
  token("openai", "openai-token", "sk", "-", characters(word, 20), "T3Blbk", "FJ", characters(word, 20)),
  token("anthropic", "anthropic-api-key", "sk", "-ant-api03-", characters(word, 93), "AA"),
  token("groq", "groq-api-key", "gs", "k_", characters(word, 52)),
  token("huggingface", "huggingface-user-access-token", "h", "f_", characters(upper + lower, 34)),
  token("linear", "linear-api-token", "lin", "_api_", characters(word, 40)),
  token("notion", "notion-integration-token", "nt", "n_", characters(digits, 11), characters(word, 35)),
  token("1password", "1password-token", "op", "s_", service_account),
  ...(["mongodb+srv", "MongoDB"] as const).map((scheme) =>
    token("database-connection-string", "mongodb-connection", url(scheme)),
  ),
  token("database-connection-string", "mysql-connection", url("mysql")),
  token("database-connection-string", "postgresql-connection", url("postgres")),
  token("hashicorp-vault", "hashicorp-vault-service-token", "hv", "s.", characters(word, 95)),
  token("hashicorp-vault", "hashicorp-vault-batch-token", "hv", "b.", characters(word, 140)),
  token("vercel", "vercel-personal-access-token", "vc", "p_", characters(word, 40)),
  token("databricks", "databricks-personal-access-token", "da", "pi", characters(hex, 32)),
  token("docker", "docker-personal-access-token", "dckr", "_pat_", characters(word, 27)),
  token("figma", "figma-personal-access-token", "fi", "gd_", characters(word, 40)),
  token("cloudflare", "cloudflare-user-api-token", "cf", "ut_", characters(word, 40), characters(hex, 8)),
  token("tailscale", "tailscale-auth-key", "ts", "key-auth-", characters(word, 12), "-", characters(word, 30)),
];
