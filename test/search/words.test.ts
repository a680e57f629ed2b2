import { expect, test } from "vitest";
import { queryWords, withParts } from "../../src/search/words.ts";

test("compound words are indexed whole and in parts", () => {
  expect(withParts("parseHTTPRequest(x)")).toBe("parseHTTPRequest parse HTTP Request(x)");
  expect(withParts("plain snake_case words")).toBe("plain snake_case words");
  expect(withParts("XMLHttp2Client")).toContain("XML Http2 Client");
});

test("a query's words are its distinct significant words", () => {
  expect(queryWords("Why does the `getUserName` call of get_user fail?")).toEqual([
    "getusername",
    "get",
    "user",
    "name",
    "call",
    "fail",
  ]);
  expect(queryWords("to be or not to be")).toEqual(["to", "be", "or", "not"]);
  expect(queryWords('"*^:()')).toEqual([]);
  expect(queryWords("größe 日本語")).toEqual(["größe", "日本語"]);
});
