import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A temporary folder with code that contains a fault, optionally in a git repository. */
export interface Planted {
  folder: string;
  write(files: Readonly<Record<string, string>>): void;
  commit(subject: string, files?: Readonly<Record<string, string>>): void;
  [Symbol.dispose](): void;
}

/** Writes files to a new temporary folder, and commits them unless `git` is false. */
export function plant(files: Readonly<Record<string, string>>, options: { git?: boolean } = {}): Planted {
  const { git: with_git = true } = options;
  const folder = mkdtempSync(join(tmpdir(), "dispatch-planted-"));
  const git = (...args: string[]): void => {
    execFileSync("git", ["-C", folder, "-c", "user.name=Ada", "-c", "user.email=ada@localhost", ...args], { stdio: "ignore" });
  };
  const planted: Planted = {
    folder,
    write: (more) => {
      for (const [path, text] of Object.entries(more)) {
        mkdirSync(join(folder, dirname(path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
    },
    commit: (subject, more = {}) => {
      planted.write(more);
      git("add", "-A");
      git("commit", "-q", "--allow-empty", "-m", subject);
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
  planted.write(files);
  if (with_git) {
    git("init", "-q");
    planted.commit("Begin");
  }
  return planted;
}

/** A small shop in Python: `row_total` reads a key that rows may not have, and `discount` divides by the wrong number. */
export const python_shop: Readonly<Record<string, string>> = {
  "shop/__init__.py": "",
  "shop/prices.py": `"""Prices of rows."""


class PriceError(Exception):
    pass


def parse_price(text):
    if text.startswith("-"):
        raise PriceError(f"A price must not be negative: {text}")
    return int(text)


def discount(price, percent):
    return price - price * percent // 10
`,
  "shop/cart.py": `from shop.prices import discount, parse_price


def row_total(row):
    return parse_price(row["price"]) * row["count"]


def cart_total(rows, percent=0):
    total = sum(row_total(row) for row in rows)
    return discount(total, percent)
`,
  "shop/report.py": `from shop.cart import cart_total


def render_report(carts):
    return "\\n".join(str(cart_total(cart)) for cart in carts)
`,
  "tests/test_cart.py": `from shop.cart import cart_total
from shop.prices import discount


def test_cart_total():
    assert cart_total([{"price": "2", "count": 3}]) == 6


def test_discount_takes_percent():
    assert discount(100, 10) == 90
`,
};
