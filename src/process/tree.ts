import { systemCode } from "#errors";
import type { Member, ProcessSnapshot, ProcessTable, TreeIdentity } from "./process-table.ts";

/** How long a command may have run for its process id to tell that others are newer: no system wraps ids this fast. */
const no_wrap_ms = 1000;

/** A started command and everything that it started. */
export interface ProcessTree extends TreeIdentity {
  /** By `performance.now()`. */
  started_at: number;
  /** When its first process was reaped; from then on the number is held only by those left in its session. */
  leader_exited_at: number | undefined;
  /** Nobody is left in its session either, so that the number may soon be another's: it is never used again. */
  session_empty: boolean;
  /** Looks that found nobody at all, and nobody in the session. */
  empty: EmptyChecks;
  empty_session: EmptyChecks;
}

/** The last look that found nobody, and how many in a row did so. */
interface EmptyChecks {
  last: ProcessSnapshot | undefined;
  looks: number;
}

/** How many looks in a row must find nobody, by the doubt that each of them leaves. */
const checks_needed = { none: 1, fork: 2, exec: 6, blind: Number.POSITIVE_INFINITY } as const;

/** How a tree stands: who of its members lives, and whether it is certain that nobody does. */
export interface TreeState {
  members: Member[];
  gone: boolean;
}

/**
 * Looks at a tree. Its members are those of the session that the leader began, and, whatever session they have moved to,
 * those that carry the token, or have dropped it and still write to the command's output. A zombie is gone. Without
 * /proc, a group that answers counts as its leader.
 *
 * What escapes: a process that leaves the session and drops the token and the output, all three; one of another user, or
 * that hides what it is (set-user-id programs, `ssh-agent`), that leaves the session; without /proc, one that leaves the group.
 */
export function inspectTree(tree: ProcessTree, observer: ProcessTable, moment: "now" | "lately"): TreeState {
  const { leader, token, outputs, leader_exited_at, empty } = tree;
  const answers = !tree.session_empty && groupAnswers(leader);
  const leader_alone = { members: [{ pid: leader, group: leader }], gone: false };
  if (!observer.has_proc_fs) {
    if (leader_exited_at === undefined || answers) return leader_alone;
    tree.session_empty = true;
    return { members: [], gone: true };
  }
  const census = observer.snapshot(moment, leader_exited_at ?? tree.started_at);
  const members = new Map<number, Member>();
  if (!tree.session_empty) for (const member of census.by_session.get(leader) ?? []) members.set(member.pid, member);
  for (const member of census.by_token.get(token) ?? []) members.set(member.pid, member);
  for (const output of outputs) for (const member of census.by_output.get(output) ?? []) members.set(member.pid, member);
  const is_seen = census.sessions.has(leader);
  // Others may live for long in sessions of their own, and meanwhile the number comes to somebody else.
  if (answers || is_seen) tree.empty_session.looks = 0;
  else if (leader_exited_at !== undefined) tree.session_empty ||= isCertain(tree.empty_session, census);
  if (members.size > 0 || leader_exited_at === undefined) {
    empty.looks = 0;
    return { members: [...members.values()], gone: false };
  }
  // A group that answers and that nobody can see: /proc hides other users' processes here (hidepid).
  if (answers && !is_seen) return leader_alone;
  return { members: [], gone: isCertain(empty, census) };
}

/** Whether so many looks have found nobody that nobody is there, this one included. */
function isCertain(empty: EmptyChecks, census: ProcessSnapshot): boolean {
  if (empty.last !== census) empty.looks++;
  empty.last = census;
  return empty.looks >= checks_needed[census.uncertainty];
}

/** Whether it is certain that the leader has left nobody behind; told without a census where that can be done. */
export function hasNoSurvivors(tree: ProcessTree, observer: ProcessTable, known: ReadonlyMap<number, ProcessTree>): boolean {
  const is_recent = performance.now() - tree.started_at < no_wrap_ms;
  const is_certain = observer.has_proc_fs ? is_recent && observer.isEmptySince(tree, known) : !groupAnswers(tree.leader);
  if (is_certain) tree.session_empty = true;
  return is_certain;
}

/** Sends a signal to the group, at one blow, then to each member outside it. Returns the members that refused it. */
export function signalTree(tree: ProcessTree, observer: ProcessTable, signal: NodeJS.Signals): number[] {
  const refused: number[] = [];
  const send = (pid: number): void => {
    try {
      process.kill(pid, signal);
      // Who is stopped hears of SIGTERM only when it goes on.
      if (signal === "SIGTERM") process.kill(pid, "SIGCONT");
    } catch (error) {
      if (systemCode(error) === "EPERM") refused.push(Math.abs(pid));
    }
  };
  if (!tree.session_empty) send(-tree.leader);
  if (observer.has_proc_fs) {
    for (const { pid, group } of inspectTree(tree, observer, "now").members) if (group !== tree.leader) send(pid);
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
