/** Gives every property test the seed of the test run, and a number of cases that grows tenfold in a soak. */
import fc from "fast-check";
import { count, seed } from "./effort.ts";

// A hundred is the default of fast-check.
fc.configureGlobal({ seed, numRuns: count(1000) });
