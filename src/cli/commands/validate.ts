import { Command } from "commander";
import type { CommandContext } from "../context.ts";

export function validateCommand(context: CommandContext): Command {
  void context;
  return new Command("validate");
}
