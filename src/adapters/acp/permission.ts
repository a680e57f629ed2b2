import type { RequestPermissionRequest, RequestPermissionResponse } from "@agentclientprotocol/sdk";
import type { Permissions } from "../turn/permissions.ts";
import { type Fields, fieldsOf, listOf, textOf } from "../turn/untyped-json.ts";
import { changedFiles } from "./updates.ts";
import type { Workspace } from "./workspace.ts";

/** The response to a permission request. */
export interface Decision {
  response: RequestPermissionResponse;
  granted: boolean;
  /** What the agent wants to do, as it describes it. */
  wanted: string;
}

const read_kinds: readonly unknown[] = ["read", "search", "think", "fetch"];
const change_kinds: readonly unknown[] = ["edit", "delete", "move"];

/** Answers a permission request by the agent's `permissions`. It grants or rejects one call, never all future ones. */
export function decidePermission(request: RequestPermissionRequest, permissions: Permissions, workspace: Workspace): Decision {
  const call = fieldsOf(request.toolCall);
  const allows = isAllowed(call, permissions, workspace);
  const option = request.options.find(({ kind }) => kind === (allows ? "allow_once" : "reject_once"));
  // A request that offers no option to allow it once is rejected.
  const granted = allows && option !== undefined;
  const wanted = textOf(call["title"]) ?? textOf(call["kind"]) ?? "use a tool";
  const { optionId } = option ?? {};
  return {
    granted,
    wanted,
    response: { outcome: optionId === undefined ? { outcome: "cancelled" } : { outcome: "selected", optionId } },
  };
}

function isAllowed(call: Fields, permissions: Permissions, workspace: Workspace): boolean {
  if (permissions === "full") return true;
  const { kind } = call;
  const named_files = listOf(call["locations"]).flatMap((location) => textOf(fieldsOf(location)["path"]) ?? []);
  const files = [...changedFiles(call), ...named_files];
  if (read_kinds.includes(kind)) return files.every(workspace.contains);
  // A change that names no file could change any file.
  return permissions === "edit" && change_kinds.includes(kind) && files.length > 0 && files.every(workspace.contains);
}
