/** Loaded only where a task has an output schema: these libraries take their time. */
import { Ajv, type Options } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";

/** The editions of JSON Schema that are told apart; those before draft 7 are read as it. */
export type Dialect = "draft-07" | "2019-09" | "2020-12";

const options: Options = {
  allErrors: true,
  // An unknown keyword is most often a misspelt one, and would check nothing: it is refused, like any unknown key.
  strict: true,
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  // Schemas of different tasks may have one $id.
  addUsedSchema: false,
  // What is wrong is told to the user, never printed by a library.
  logger: false,
};

/** Makes a compiler of JSON Schema. */
export function createAjv(dialect: Dialect): Ajv {
  const ajv = dialect === "2020-12" ? new Ajv2020(options) : dialect === "2019-09" ? new Ajv2019(options) : new Ajv(options);
  formats.default(ajv);
  return ajv;
}
