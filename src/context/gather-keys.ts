import type { RagConfig } from "#config";
import type { Redactor } from "#secrets";
import type { Workspace } from "#workspace";
import { type Caches, createItemBuilder } from "./build-item.ts";
import type { Item, Source } from "./item.ts";
import { createOutliner } from "./outline.ts";
import { fileSource } from "./sources/file.ts";
import { patternSource } from "./sources/pattern.ts";
import { ragSource } from "./sources/rag.ts";
import { structureSource } from "./sources/structure.ts";
import type { TokenCounter } from "./tokens.ts";

/** The result for a key: its items, or why there are none. */
export type KeyResult = { items: readonly Item[] } | { missing: string };

/** Gathers keys from their sources. */
export interface KeyGatherer {
  /** Notes of the sources for the user. */
  readonly notes: ReadonlySet<string>;
  /** Rejects only with the signal's reason. */
  gather(keys: readonly string[], workspace: Workspace, signal: AbortSignal): Promise<Map<string, KeyResult>>;
}

/** Creates a gatherer with one source per kind of key. */
export function createKeyGatherer(options: {
  max_tokens: number;
  rag: RagConfig | undefined;
  redactor: Redactor;
  counter: TokenCounter;
  caches: Caches;
}): KeyGatherer {
  const { max_tokens, rag, redactor, counter, caches } = options;
  const buildItem = createItemBuilder({ redactor, counter, caches, outliner: createOutliner() });
  const notes = new Set<string>();
  const sources: Readonly<Record<string, Source>> = {
    file: fileSource({ redactor }),
    structure: structureSource({ max_tokens, counter }),
    pattern: patternSource({ redactor }),
    rag: ragSource({ max_tokens, config: rag, redactor, note: (text) => void notes.add(text) }),
  };
  return {
    notes,
    async gather(keys, workspace, signal) {
      const results = new Map<string, KeyResult>();
      for (const [kind, source] of Object.entries(sources)) {
        const own_keys = keys.filter((key) => key.startsWith(`${kind}:`));
        if (own_keys.length === 0) continue;
        for (const finding of await source.gather(own_keys, workspace, signal)) {
          if ("missing" in finding) results.set(finding.key, finding);
          else {
            results.set(finding.key, { items: await Promise.all(finding.items.map(buildItem)) });
            if (finding.note !== undefined) notes.add(finding.note);
          }
        }
      }
      return results;
    },
  };
}
