import { expect, test } from "vitest";
import { readErrorMessage } from "../../../src/adapters/turn/error-message.ts";

test.each([
  ["The model is gone", "The model is gone", undefined],
  ['[API Error: {"error":{"code":401,"message":"no such key","status":"NO"}}]', "no such key", 401],
  ['[API Error: {"error":{"message":"{\\"error\\":{\\"message\\":\\"inside\\",\\"code\\":429}}"}}]', "inside", 429],
  ['Error when talking to the API _ApiError: {"error":{"code":503,"message":"busy"}}', /^Error when talking.*: busy$/, 503],
  ['API Error: 400 {"type":"error","error":{"type":"invalid","message":"too long"}}', "API Error: 400: too long", undefined],
  ['{"error":"plain"}', "plain", undefined],
  ["what {is not} JSON", "what {is not} JSON", undefined],
  ['{"n":1}', '{"n":1}', undefined],
])("%s", (text, message, http_status) => {
  const parsed = readErrorMessage(text);
  expect(parsed.message).toMatch(message);
  expect(parsed.http_status).toBe(http_status);
});
