import type { RequestPermissionRequest, RequestPermissionResponse } from "@agentclientprotocol/sdk";
import type { Permissions } from "../turn/permissions.ts";
import { type Fields, fieldsOf, listOf, textOf } from "../turn/untyped-json.ts";
import { changedFiles } from "./updates.ts";
import type { Workspace } from "./workspace.ts";

/** The answer to an agent that asked, and what it comes to. */
export interface Decision {
  response: RequestPermissionResponse;
  granted: boolean;
  /** What the agent wants to do, in its own words. */
  wanted: string;
}

const looking: readonly unknown[] = ["read", "search", "think", "fetch"];
const changing: readonly unknown[] = ["edit", "delete", "move"];

/** Answers an agent that asks whether it may, by the policy that the user has set: never for longer than this once. */
export function decide(request: RequestPermissionRequest, permissions: Permissions, workspace: Workspace): Decision {
  const call = fieldsOf(request.toolCall);
  const allows = isAllowed(call, permissions, workspace);
  const option = request.options.find(({ kind }) => kind === (allows ? "allow_once" : "reject_once"));
  // Who offers no way to allow it just this once is not allowed anything.
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
  const named = listOf(call["locations"]).flatMap((location) => textOf(fieldsOf(location)["path"]) ?? []);
  const files = [...changedFiles(call), ...named];
  if (looking.includes(kind)) return files.every(workspace.holds);
  // A change of nobody knows what might be one of anything.
  return permissions === "edit" && changing.includes(kind) && files.length > 0 && files.every(workspace.holds);
}
