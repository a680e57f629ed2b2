/** A contract as data; the emitters write Python from this alone. */

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

/** A value that the contract names, such as an input. */
export interface Field {
  name: string;
  type: FieldType;
  is_optional: boolean;
  /** A remark from the contract, such as a unit. */
  note?: string;
  /** The allowed values, if the contract lists them. */
  choices?: readonly string[];
  minimum?: { value: number; is_exclusive: boolean };
  maximum?: number;
  max_length?: number;
  /** The default value, in the contract's words. */
  default_value?: string;
  /** The contract states the type; otherwise it is guessed from the name. */
  is_typed?: boolean;
  /** The contract calls it a list; otherwise a plural name is only a hint. */
  is_list?: boolean;
  /** The contract lists it as an input. */
  is_listed?: boolean;
}

/** What an operation does to the store. */
export type Effect = "insert" | "upsert" | "find" | "list" | "update" | "delete" | "send";

/** An operation of the node. */
export interface Operation {
  /** The contract's verb, such as `create`; also the method's name. */
  name: string;
  effect: Effect;
  /** For `send`: the effect on the data that the service keeps. */
  service_effect?: Effect;
  /** The object of the verb in the contract, such as `user`. */
  object: string;
  /** Names of the fields that the contract mentions with it. */
  fields: readonly string[];
}

/** The store that the contract names. */
export interface StoreDesign {
  kind: "postgres" | "sqlite" | "redis" | "http" | "file" | "disk" | "none";
  /** The store's name in messages; empty if the contract names none. */
  label: string;
  /** The table's name, or the prefix of keys. */
  table: string;
  /** The endpoint's method, path and address, where the contract names them. */
  http?: { method?: string; url?: string; path?: string };
  /** The file's name. */
  path?: string;
  format?: "jsonl" | "csv";
  /** For `disk`, where each record is a file: the field that holds its content. */
  content?: string;
}

/** How often to retry, and how long to wait. */
export interface RetryDesign {
  /** The number of attempts after the first. */
  retries: number;
  delay_seconds: number;
  backoff: "exponential" | "linear" | "constant";
}

/** One step of an orchestrator. */
export interface Step {
  /** The name of its method, such as `reserve_inventory`. */
  name: string;
  /** The step that undoes it: the contract's name for it, or `undo_<name>`. */
  compensation: string;
  /** Whether the contract names the compensation. */
  is_named: boolean;
}

/** A value that a reducer maintains. */
export interface Quantity {
  kind: "count" | "sum" | "average" | "minimum" | "maximum" | "latest" | "first";
  /** The field that it aggregates; empty for a count of events. */
  value: string;
  /** Its name in the state. */
  name: string;
  /** The field that decides whether a value is added or subtracted, and its values for each. */
  signs?: { field: string; plus: readonly string[]; minus: readonly string[] };
  /** How to handle an event that would make the value negative. */
  floor?: "ignore" | "refuse";
  /** Only events with this value count. */
  only?: { field: string; value: string };
}

/** How a reducer folds events into its state. */
export type Fold =
  | { kind: "quantities"; parts: readonly Quantity[]; by: readonly string[] }
  | { kind: "count"; by: readonly string[] }
  | { kind: "sum" | "minimum" | "maximum" | "collect"; value: string; by: readonly string[] }
  | {
      kind: "latest";
      by: readonly string[];
      /** The field that orders events; an event older than the kept one is dropped. */
      newer?: string;
      /** The values after which an entry no longer changes. */
      final?: { field: string; values: readonly string[] };
    }
  | { kind: "members"; action: string; adds: string; removes: string; member: string; by: readonly string[] }
  | { kind: "transitions"; field: string; moves: readonly (readonly [string, string])[]; by: readonly string[] }
  | { kind: "cache"; key: string | undefined }
  | { kind: "open" };

/** One result of a Compute node and how to compute it. */
export interface Computation {
  /** The output field. */
  result: Field;
  /** A Python expression over the input's fields. */
  expression: string;
  /** Modules that the expression needs. */
  imports: readonly string[];
  /** The rule in plain words, for the docstring. */
  doc: string;
}

/** Something that the contract leaves open. */
export interface OpenPoint {
  /** The method that raises until it is overridden; empty if a constant or the model holds an assumption instead. */
  method: string;
  what: string;
}

/** The design of a node. */
export interface Design {
  node_type: NodeType;
  /** The class name without `Node` and the type, such as `UserWriter`. */
  name: string;
  class_name: string;
  /** The contract's text. */
  contract: string;
  /** What the node works on, such as `user`. */
  entity: string;
  /** The input fields; empty if the contract names none and the input is `data`. */
  fields: readonly Field[];
  outputs: readonly Field[];
  /** Names of the fields that identify a record. */
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

/** The sections of a module and its open points. */
export interface Emitted {
  sections: readonly string[];
  open_points: readonly OpenPoint[];
}
