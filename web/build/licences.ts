import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const ALLOWED = /^(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|MPL-2\.0)$/;
const LICENCE_FILE = /^licen[cs]e(\.|-|$)/i;

interface Notice {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly text: string;
}

const PACKAGE_FOLDER = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/** The folder of the package that a bundled module belongs to, or null for our own modules. */
function packageFolder(moduleId: string): string | null {
  return PACKAGE_FOLDER.exec(moduleId)?.[1] ?? null;
}

function readNotice(folder: string): Notice {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, string>;
  const licence = manifest["license"] ?? "none stated";
  const name = manifest["name"] ?? folder;
  if (!ALLOWED.test(licence)) throw new Error(`${name} is under "${licence}", which the bundle may not carry`);
  const file = readdirSync(folder).find((entry) => LICENCE_FILE.test(entry));
  if (file === undefined) throw new Error(`${name} brings no licence text`);
  return { name, version: manifest["version"] ?? "", licence, text: readFileSync(join(folder, file), "utf8").trim() };
}

/** By name and version, and not as the builder's language sorts: two builds give the same file. */
function inOrder(a: Notice, b: Notice): number {
  const [one, two] = [`${a.name}@${a.version}`, `${b.name}@${b.version}`];
  return one < two ? -1 : one > two ? 1 : 0;
}

function page(notices: readonly Notice[]): string {
  const parts = notices.map(({ name, version, licence, text }) => `${name} ${version} (${licence})\n\n${text}\n`);
  return ["OmeFree's page carries the following software of others, with thanks.\n", ...parts].join(`\n${"-".repeat(72)}\n\n`);
}

/** Writes licences.txt with the licence of each package whose code is in the bundle; refuses licences not allowed. */
export function licences(): Plugin {
  return {
    name: "omefree-licences",
    apply: "build",
    generateBundle(_options, bundle) {
      const folders = new Set<string>();
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        for (const id of Object.keys(chunk.modules)) {
          const folder = packageFolder(id);
          if (folder !== null) folders.add(folder);
        }
      }
      const notices = [...folders].map(readNotice).sort(inOrder);
      this.emitFile({ type: "asset", fileName: "licences.txt", source: page(notices) });
    },
  };
}
