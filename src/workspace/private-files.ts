/** Names of files that hold secrets, in any folder. Templates such as `.env.example` are public. */
const private_names = [
  /^\.env(?:\..+)?$/,
  /\.env$/,
  /^\.?envrc$/,
  /^\.(?:npmrc|yarnrc|pypirc|netrc|pgpass|my\.cnf|git-credentials|htpasswd|dockercfg)$/,
  /^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/,
  /\.(?:pem|key|p12|pfx|jks|keystore|kdbx|asc|gpg|ppk)$/,
  /^(?:credentials|secrets?)(?:\.(?:json|ya?ml|toml|ini|env|txt))?$/,
  /^(?:service[-_]?account|gcp[-_]key).*\.json$/,
  /\.tfstate(?:\.backup)?$/,
  /\.tfvars$/,
  /^(?:kubeconfig|\.vault-token|\.boto|\.s3cfg)$/,
];

const public_names = /^\.env\.(?:example|sample|template|dist|defaults?)$/;

const private_folders = /(?:^|\/)\.(?:ssh|gnupg|aws|azure|kube|docker)\//i;

const is_private_name = new RegExp(private_names.map(({ source }) => source).join("|"));

/** Extensions that none of the names above has, unless it begins with a dot. A fast check, because most files have one. */
const public_extensions = new Set(
  "adoc c cc cpp cs css gif go h hpp html java jpg js jsx kt less lua map md mjs php png py pyi r rb rs rst scala scss sh sql svelte svg swift ts tsx vue".split(
    " ",
  ),
);

/** Whether a path relative to the workspace is that of a private file, which agents receive only if the user names it. */
export function isPrivate(path: string, has_dot_name = hasDotName(path)): boolean {
  if (!has_dot_name && public_extensions.has(path.slice(path.lastIndexOf(".") + 1))) return false;
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (public_names.test(name)) return false;
  return is_private_name.test(name) || (has_dot_name && private_folders.test(path));
}

/** Whether a file may be gathered without being named outright. */
export function isListable(path: string): boolean {
  const has_dot_name = hasDotName(path);
  return !isPrivate(path, has_dot_name) && !(has_dot_name && isInternal(path));
}

const hasDotName = (path: string): boolean => path.startsWith(".") || path.includes("/.");

/** Whether a path is internal to git or dispatch. */
export const isInternal = (path: string): boolean =>
  path.includes(".git") ? /(?:^|\/)\.git(?:\/|$)/.test(path) : path.startsWith(".dispatch/cache/");
