import type { Command } from "commander";
import { DispatchError, suggest } from "#errors";
import { drawTable } from "#reports";
import type { CommandIo } from "../command-io.ts";
import { stdoutPage } from "../page.ts";
import { schemas } from "../schemas.ts";

const examples = `
Examples:
  dispatch schema                                     list the schemas
  dispatch schema task-file > task-file.schema.json   for an editor, or a model that writes task files
  dispatch schema command | jq '.["$defs"]'`;

/** `dispatch schema`. */
export function defineSchema(command: Command, { streams }: CommandIo): void {
  command
    .argument("[name]", "schema to print (default: list the names)")
    .option("--json", "print the list as JSON")
    .addHelpText("after", examples)
    .action((name: string | undefined, flags: { json?: true }) => {
      if (name === undefined) {
        const rows = schemas.map(({ name, description }) => ({ name, description }));
        const cells = rows.map(({ name, description }) => [{ text: name }, { text: description }]);
        streams.print(flags.json ? toJson(rows) : drawTable(["schema", "describes"], cells, stdoutPage()));
        return;
      }
      const schema = schemas.find((one) => one.name === name);
      if (schema === undefined) {
        const names = schemas.map((one) => one.name);
        throw new DispatchError("not_found", `Unknown schema ${JSON.stringify(name)}.`, { advice: suggest(name, names) });
      }
      streams.print(toJson(schema.make()));
    });
}

const toJson = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
