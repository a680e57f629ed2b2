/** A terminal's screen, rendered from the text written to it. */
import { clearLine, cursorTo, moveCursor } from "node:readline";
import { Writable } from "node:stream";
import xterm from "@xterm/headless";

export interface Size {
  columns: number;
  rows: number;
}

/** What a user would see. */
export interface Screen {
  /** All lines since the start, including scrolled ones, without empty lines at the end. */
  lines(): string[];
  /** How many of those lines continue a line that was too long. */
  wrapped(): number;
  readonly cursor_visible: boolean;
  /** Resolves when the chunk, and all before it, is on the screen. */
  write(chunk: Uint8Array | string): Promise<void>;
  resize(size: Size): void;
  close(): void;
}

/** Creates a screen. */
export function createScreen({ columns: cols, rows }: Size): Screen {
  const terminal = new xterm.Terminal({ cols, rows, scrollback: 10_000, allowProposedApi: true });
  let raw = "";
  const all = () => Array.from({ length: terminal.buffer.active.length }, (_, y) => terminal.buffer.active.getLine(y));
  return {
    lines() {
      const texts = all().map((line) => line?.translateToString(true) ?? "");
      return texts.slice(0, texts.findLastIndex((text) => text !== "") + 1);
    },
    wrapped: () => all().filter((line) => line?.isWrapped).length,
    get cursor_visible() {
      return raw.lastIndexOf("\u001b[?25h") >= raw.lastIndexOf("\u001b[?25l");
    },
    write(chunk) {
      raw += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("latin1");
      return new Promise((resolve) => terminal.write(chunk, resolve));
    },
    resize: (size) => terminal.resize(size.columns, size.rows),
    close: () => terminal.dispose(),
  };
}

/** A stream like `process.stderr` on a terminal; a test can read its screen. */
export class FakeTerminal extends Writable {
  readonly isTTY = true;
  readonly screen: Screen;
  columns: number;
  rows: number;

  constructor(size: Size) {
    super({ decodeStrings: false });
    this.columns = size.columns;
    this.rows = size.rows;
    this.screen = createScreen(size);
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    // As a terminal's line discipline does.
    void this.screen.write(chunk.replaceAll("\n", "\r\n"));
    done();
  }

  /** Resolves when everything written is on the screen. */
  async drawn(): Promise<string[]> {
    await this.screen.write("");
    return this.screen.lines();
  }

  /** Resizes as a window does: the screen changes first, then the program is notified. */
  async resize(size: Size): Promise<void> {
    await this.drawn();
    this.columns = size.columns;
    this.rows = size.rows;
    this.screen.resize(size);
    this.emit("resize");
  }

  cursorTo = (x: number, y?: number) => cursorTo(this, x, y);
  moveCursor = (dx: number, dy: number) => moveCursor(this, dx, dy);
  clearLine = (direction: -1 | 0 | 1) => clearLine(this, direction);
}
