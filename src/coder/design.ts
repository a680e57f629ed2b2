/** What a contract says, as data; the emitters write Python from nothing else. */

/** The four kinds of ONEX node. */
export const node_types = ["Effect", "Compute", "Reducer", "Orchestrator"] as const;

/** One of `node_types`. */
export type NodeType = (typeof node_types)[number];

/** Python types that a field may have. */
export type FieldType =
  | "str"
  | "int"
  | "float"
  | "Decimal"
  | "bool"
  | "datetime"
  | "date"
  | "bytes"
  | "dict[str, Any]"
  | `list[${string}]`;

/** A value that the contract names. */
export interface Field {
  name: string;
  type: FieldType;
  is_optional: boolean;
  /** What the contract says of it beyond its name: a unit, a bound. */
  note?: string;
  /** The only values that the contract allows. */
  choices?: readonly string[];
  minimum?: { value: number; is_exclusive: boolean };
  maximum?: number;
  max_length?: number;
  /** What it is where it is not given, in the contract's words. */
  default_value?: string;
  /** The contract says the type in words of its own; a name alone is only a hint. */
  is_typed?: boolean;
  /** The contract calls it a list; a plural alone is only a hint. */
  is_list?: boolean;
  /** The contract lists it as a value that is given. */
  is_listed?: boolean;
}

/** What an operation does to the store. */
export type Effect = "insert" | "upsert" | "find" | "list" | "update" | "delete" | "send";

/** Something that the contract says the node does. */
export interface Operation {
  /** The contract's verb, `create`; also the method's name. */
  name: string;
  effect: Effect;
  /** What it does to what a service keeps, where all that the node does is to send. */
  service_effect?: Effect;
  /** What it is done to, as the contract calls it: `user`. */
  object: string;
  /** The fields that the contract names beside it. */
  fields: readonly string[];
}

/** Where the contract says that data lives. */
export interface StoreDesign {
  kind: "postgres" | "sqlite" | "redis" | "http" | "file" | "disk" | "none";
  /** How the contract calls it; empty where it names none. */
  label: string;
  /** A table's name, or the prefix of keys. */
  table: string;
  /** Method, path and address of an endpoint, as far as they are named. */
  http?: { method?: string; url?: string; path?: string };
  /** A file's name. */
  path?: string;
  format?: "jsonl" | "csv";
  /** The field that becomes a file's content, where each record is a file. */
  content?: string;
}

/** How often to try, and how long to wait. */
export interface RetryDesign {
  /** Attempts after the first. */
  retries: number;
  delay_seconds: number;
  backoff: "exponential" | "linear" | "constant";
}

/** One step of an orchestrator. */
export interface Step {
  /** `reserve_inventory`. */
  name: string;
  /** What undoes it, as the contract calls it or `undo_…`; none where there is nothing to undo. */
  compensation: string;
  /** The contract itself names the compensation. */
  is_named: boolean;
}

/** One value that a reducer keeps up to date. */
export interface Quantity {
  kind: "count" | "sum" | "average" | "minimum" | "maximum" | "latest" | "first";
  /** The field that it is taken of; empty for a count of events. */
  value: string;
  /** Its name in the state. */
  name: string;
  /** The field that tells whether a value is added or taken away, and its values. */
  signs?: { field: string; plus: readonly string[]; minus: readonly string[] };
  /** What becomes of an event that would take away more than there is. */
  floor?: "ignore" | "refuse";
  /** Only events with this value count. */
  only?: { field: string; value: string };
}

/** What a reducer keeps of the events that it has seen. */
export type Fold =
  | { kind: "quantities"; parts: readonly Quantity[]; by: readonly string[] }
  | { kind: "count"; by: readonly string[] }
  | { kind: "sum" | "minimum" | "maximum" | "collect"; value: string; by: readonly string[] }
  | {
      kind: "latest";
      by: readonly string[];
      /** The field by which an event is older than what is kept, and dropped. */
      newer?: string;
      /** The values after which nothing changes any more. */
      final?: { field: string; values: readonly string[] };
    }
  | { kind: "members"; action: string; adds: string; removes: string; member: string; by: readonly string[] }
  | { kind: "transitions"; field: string; moves: readonly (readonly [string, string])[]; by: readonly string[] }
  | { kind: "cache"; key: string | undefined }
  | { kind: "open" };

/** The result of a pure computation. */
export interface Computation {
  /** The name of the result. */
  result: Field;
  /** A Python expression over the input's fields. */
  expression: string;
  /** Modules that it needs. */
  imports: readonly string[];
  /** The rule in words. */
  doc: string;
}

/** A matter that the contract leaves open. */
export interface OpenPoint {
  /** The method that raises until somebody decides; empty where a constant or the model carries it. */
  method: string;
  what: string;
}

/** A whole node. */
export interface Design {
  node_type: NodeType;
  /** `UserWriter`. */
  name: string;
  class_name: string;
  /** The contract's text. */
  contract: string;
  /** `user`. */
  entity: string;
  /** What the contract names; empty where it names nothing, and the model is `data`. */
  fields: readonly Field[];
  outputs: readonly Field[];
  /** Names of the fields that tell one thing from another. */
  keys: readonly string[];
  operations: readonly Operation[];
  store: StoreDesign;
  retry: RetryDesign | undefined;
  ttl_seconds: number | undefined;
  timeout_seconds: number | undefined;
  in_transaction: boolean;
  steps: readonly Step[];
  fold: Fold;
  computations: readonly Computation[];
  open_points: readonly OpenPoint[];
}

/** A module as its parts, and what stays open in it. */
export interface Emitted {
  sections: readonly string[];
  open_points: readonly OpenPoint[];
}
