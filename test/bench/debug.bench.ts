export { default } from "./debug.ts";
