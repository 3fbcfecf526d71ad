import { createHash } from "node:crypto";
import type { Plugin } from "vite";

const LOADED = /<(?:script|link)\b[^>]*?\s(?:src|href)="(?:\.\/)?(assets\/[^"]+)"/g;

/** Subresource Integrity: each script and stylesheet of the built pages is named with its hash. */
export function integrity(): Plugin {
  return {
    name: "omefree-integrity",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post", // the pages are made in this hook, too
      handler(_options, bundle) {
        const hash = (file: string): string => {
          const made = bundle[file];
          if (made === undefined) throw new Error(`a page loads ${file}, which is not of this build`);
          return createHash("sha256").update(made.type === "chunk" ? made.code : made.source).digest("base64");
        };
        for (const page of Object.values(bundle)) {
          if (page.type !== "asset" || !page.fileName.endsWith(".html")) continue;
          page.source = page.source.toString().replace(LOADED, (tag, file: string) => `${tag} integrity="sha256-${hash(file)}"`);
        }
      },
    },
  };
}
