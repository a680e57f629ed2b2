import { systemCode } from "#errors";
import type { Member, ProcessSnapshot, ProcessTable, TreeIdentity } from "./process-table.ts";

/** Age up to which a higher process id means a newer process; no system wraps ids this fast. */
const no_wrap_ms = 1000;

/** A started command and all its descendants. */
export interface ProcessTree extends TreeIdentity {
  /** By `performance.now()`. */
  started_at: number;
  /** When its first process was reaped; from then on only the rest of its session keeps the id in use. */
  leader_exited_at: number | undefined;
  /** Whether its session is empty too. The system may then reuse the id, so dispatch no longer signals it. */
  session_empty: boolean;
  /** Snapshots in a row that found no member at all, and no member in the session. */
  empty_checks: EmptyChecks;
  empty_session_checks: EmptyChecks;
}

/** A tree whose leader has just started. */
export const createTree = (about: Pick<ProcessTree, "leader" | "token" | "outputs" | "started_at">): ProcessTree => ({
  ...about,
  leader_exited_at: undefined,
  session_empty: false,
  empty_checks: { last: undefined, count: 0 },
  empty_session_checks: { last: undefined, count: 0 },
});

/** The last snapshot without a member, and how many in a row there were. */
interface EmptyChecks {
  last: ProcessSnapshot | undefined;
  count: number;
}

/** How many snapshots in a row must find no member, by their uncertainty. */
const checks_needed = { none: 1, fork: 2, exec: 6, blind: Number.POSITIVE_INFINITY } as const;

/** The live members of a tree, and whether it is certain that there are none. */
export interface TreeState {
  members: Member[];
  gone: boolean;
}

/**
 * Returns the state of a tree. Its members are the processes in the leader's session and, in any session, those that
 * carry the token, or carry none and write to the command's output. A zombie counts as gone. Without /proc, a group that
 * accepts signals counts as its leader alone.
 *
 * Not found: a process that leaves the session and drops both the token and the output; one that leaves the session and
 * belongs to another user or hides its environment (set-user-id programs, `ssh-agent`); without /proc, one that leaves
 * the group.
 */
export function inspectTree(tree: ProcessTree, table: ProcessTable, moment: "now" | "recent"): TreeState {
  const { leader, token, outputs, leader_exited_at, empty_checks } = tree;
  const group_answers = !tree.session_empty && groupAnswers(leader);
  const leader_alone = { members: [{ pid: leader, group: leader }], gone: false };
  if (!table.has_proc_fs) {
    if (leader_exited_at === undefined || group_answers) return leader_alone;
    tree.session_empty = true;
    return { members: [], gone: true };
  }
  const snapshot = table.snapshot(moment, leader_exited_at ?? tree.started_at);
  const members = new Map<number, Member>();
  if (!tree.session_empty) for (const member of snapshot.by_session.get(leader) ?? []) members.set(member.pid, member);
  for (const member of snapshot.by_token.get(token) ?? []) members.set(member.pid, member);
  for (const output of outputs) for (const member of snapshot.by_output.get(output) ?? []) members.set(member.pid, member);
  const is_visible = snapshot.sessions.has(leader);
  // Members in other sessions may live long, while the system gives the leader's id to an unrelated process.
  if (group_answers || is_visible) tree.empty_session_checks.count = 0;
  else if (leader_exited_at !== undefined) tree.session_empty ||= isCertain(tree.empty_session_checks, snapshot);
  if (members.size > 0 || leader_exited_at === undefined) {
    empty_checks.count = 0;
    return { members: [...members.values()], gone: false };
  }
  // The group exists but is not visible: this /proc hides other users' processes (hidepid).
  if (group_answers && !is_visible) return leader_alone;
  return { members: [], gone: isCertain(empty_checks, snapshot) };
}

/** Counts a snapshot without a member; returns whether there are enough of them to be certain. */
function isCertain(empty: EmptyChecks, snapshot: ProcessSnapshot): boolean {
  if (empty.last !== snapshot) empty.count++;
  empty.last = snapshot;
  return empty.count >= checks_needed[snapshot.uncertainty];
}

/** Returns whether the leader certainly left no process behind. Takes no snapshot. */
export function hasNoSurvivors(tree: ProcessTree, table: ProcessTable, running: ReadonlyMap<number, ProcessTree>): boolean {
  const is_recent = performance.now() - tree.started_at < no_wrap_ms;
  const is_certain = table.has_proc_fs ? is_recent && table.isEmptySince(tree, running) : !groupAnswers(tree.leader);
  if (is_certain) tree.session_empty = true;
  return is_certain;
}

/** Sends a signal to the whole group at once, then to each member outside it. Returns the ids that may not be signalled. */
export function signalTree(tree: ProcessTree, table: ProcessTable, signal: NodeJS.Signals): number[] {
  const refused: number[] = [];
  const send = (pid: number): void => {
    try {
      process.kill(pid, signal);
      // A stopped process handles SIGTERM only once it continues.
      if (signal === "SIGTERM") process.kill(pid, "SIGCONT");
    } catch (error) {
      if (systemCode(error) === "EPERM") refused.push(Math.abs(pid));
    }
  };
  if (!tree.session_empty) send(-tree.leader);
  if (table.has_proc_fs) {
    for (const { pid, group } of inspectTree(tree, table, "now").members) if (group !== tree.leader) send(pid);
  }
  return refused;
}

function groupAnswers(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}
