import type { Fold } from "./design.ts";
import type { Shape } from "./fold-shape.ts";
import { literal } from "./python.ts";
import { identifier } from "./words.ts";

/** Returns the shape that keeps the members of each group and their number; `key` is the group's expression. */
export function membersShape(fold: Extract<Fold, { kind: "members" }>, key: string | undefined, per: string): Shape {
  const action = `event.${identifier(fold.action)}`;
  const group = key ?? '"all"';
  const one = fold.member.replaceAll("_", " ");
  return {
    state: [
      "    members: dict[str, list[str]] = field(default_factory=dict)",
      "    counts: dict[str, int] = field(default_factory=dict)",
    ],
    body: `if ${action} not in (${literal(fold.adds)}, ${literal(fold.removes)}):
    raise InvalidInputError(f"${fold.action} must be ${fold.adds} or ${fold.removes}, not {${action}!r}.")
key = ${group}
member = str(event.${identifier(fold.member)})
rest = [one for one in state.members.get(key, []) if one != member]
is_known = member in state.members.get(key, [])
if is_known == (${action} == ${literal(fold.adds)}):
    return state
members = [*rest, member] if ${action} == ${literal(fold.adds)} else rest
return State(
    members={**state.members, key: members},
    counts={**state.counts, key: len(members)},
)`,
    doc: `Keep each ${one}${per} once, and count them; neither argument is changed.`,
    checks: [
      `inside = replace(event, ${identifier(fold.action)}=${literal(fold.adds)})`,
      `outside = replace(event, ${identifier(fold.action)}=${literal(fold.removes)})`,
      "joined = reduce(reduce(INITIAL_STATE, inside), inside)",
      '_expect(list(joined.counts.values()) == [1], "a member was counted twice")',
      '_expect(list(reduce(joined, outside).counts.values()) == [0], "a removed member is still counted")',
    ],
    restore: "State(**saved)",
  };
}
