import type { Field, NodeType, Operation } from "./design.ts";
import type { Named } from "./phrases.ts";

/** What has been read of a contract so far. */
export interface Reading {
  node_type: NodeType;
  table: string | undefined;
  named: Named;
  operations: Operation[];
  /** Whether the contract lists its operations; verbs elsewhere are then not operations. */
  is_listed: boolean;
  /** Operations that are the subject of a sentence: `set stores …`. */
  subjects: Set<string>;
  entities: string[];
  /** The fields of the previous sentence. */
  last: Field[];
}

/** Verbs followed by the inputs, or by the parts of a thing. */
export const taker_verbs =
  "takes?|needs?|requires?|accepts?|receives?|expects?|has|have|carr(?:y|ies)|holds?|contains?|includes?|names?|states?|bears?|" +
  "consists? of|(?:is|are) (?:made up|made|composed) of|(?:is|are) (?:described|given|defined|made up|called) (?:by|with)|comes? with|come with|" +
  "(?:is|are) (?:given|passed|handed)|pass(?:es)?|gets?|gives?|specif(?:y|ies)|reports?|provides?|supply|supplies|tells?|says?|hands?(?: in| over)?|sends?(?: in)?|works? (?:on|with|from)|stores";
