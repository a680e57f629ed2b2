import { Chalk, type ChalkInstance } from "chalk";
import type { TaskStatus } from "#events";
import type { ColourLevel } from "./progress.ts";

/** The colours and signs of everything that people see. */
export interface Theme {
  paint: ChalkInstance;
  marks: Readonly<Record<TaskStatus | "retry" | "warning", string>>;
  /** The parts of the bar that are done and not done; told apart without colour. */
  bar: { done: string; left: string };
  times: string;
  /** Where a value would make no sense. */
  nothing: string;
  unicode: boolean;
}

/** Makes a theme. A console without Unicode gets ASCII. */
export function createTheme({ colour, unicode = true }: { colour: ColourLevel; unicode?: boolean | undefined }): Theme {
  const paint = new Chalk({ level: colour });
  const signs = unicode
    ? { success: "✔", error: "✖", skipped: "○", cancelled: "■", retry: "↻", warning: "▲" }
    : { success: "+", error: "x", skipped: "-", cancelled: "-", retry: "~", warning: "!" };
  return {
    paint,
    unicode,
    marks: {
      success: paint.green(signs.success),
      error: paint.red(signs.error),
      skipped: paint.dim(signs.skipped),
      cancelled: paint.yellow(signs.cancelled),
      retry: signs.retry,
      warning: paint.yellow(signs.warning),
    },
    bar: unicode ? { done: "━", left: "─" } : { done: "=", left: "-" },
    times: unicode ? "×" : "x",
    nothing: unicode ? "–" : "-",
  };
}

/** A status in its colour. */
export function paintStatus({ paint }: Theme, status: TaskStatus, text: string): string {
  switch (status) {
    case "success":
      return paint.green(text);
    case "error":
      return paint.red(text);
    case "skipped":
      return paint.dim(text);
    case "cancelled":
      return paint.yellow(text);
  }
}
