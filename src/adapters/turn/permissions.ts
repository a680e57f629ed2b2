/** What an agent may do: read files; also change files inside the workspace; everything. */
export const permissions = ["read-only", "edit", "full"] as const;

/** One of `permissions`. */
export type Permissions = (typeof permissions)[number];
