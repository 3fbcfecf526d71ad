import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin, Rolldown } from "vite";

const PACKAGES = join(import.meta.dirname, "../node_modules");
const ALLOWED = /^(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|MPL-2\.0)$/;
const LICENCE_FILE = /^licen[cs]e(\.|-|$)/i;

interface Notice {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly text: string;
}

const PACKAGE_FOLDER = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/** The packages of TensorFlow.js bring no licence text: it is that of `long`, which they use, and its files name the owner. */
const TEXTLESS = /^@tensorflow\/tfjs-/;
const APACHE = "long/LICENSE";
/** What has no module in a bundle: the shield's weights (shield.ts), whose limits are told with their licence, and icons. */
const DATA = ["nsfwjs", "lucide"];
const OF_DATA = [
  "Of this package the page carries the weights of MobileNetV2Mid alone, as data. Their author says that they are under",
  "the same licence. They were trained on pictures collected from the web, whose rights and origin nobody has documented.",
  "They judge some people and some scenes worse than others, and no rate of what they find is claimed here.",
].join("\n");

/** The folder of the package that a bundled module belongs to, or null for our own modules. */
function packageFolder(moduleId: string): string | null {
  return PACKAGE_FOLDER.exec(moduleId)?.[1] ?? null;
}

function readNotice(folder: string): Notice {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, string>;
  const licence = manifest["license"] ?? "none stated";
  const name = manifest["name"] ?? folder;
  if (!ALLOWED.test(licence)) throw new Error(`${name} is under "${licence}", which the bundle may not carry`);
  if (TEXTLESS.test(name)) return { name, version: manifest["version"] ?? "", licence, text: apache(folder) };
  const file = readdirSync(folder).find((entry) => LICENCE_FILE.test(entry));
  if (file === undefined) throw new Error(`${name} brings no licence text`);
  return { name, version: manifest["version"] ?? "", licence, text: readFileSync(join(folder, file), "utf8").trim() };
}

function apache(folder: string): string {
  return `Copyright 2017-2024 Google LLC\n\n${readFileSync(join(folder, "../..", APACHE), "utf8").trim()}`;
}

/** By name and version, and not as the builder's language sorts: two builds give the same file. */
function inOrder(a: Notice, b: Notice): number {
  const [one, two] = [`${a.name}@${a.version}`, `${b.name}@${b.version}`];
  return one < two ? -1 : one > two ? 1 : 0;
}

function sheet(notices: readonly Notice[]): string {
  const parts = notices.map(({ name, version, licence, text }) => `${name} ${version} (${licence})\n\n${text}\n`);
  return ["OmeFree's page carries the following software of others, with thanks.\n", ...parts].join(`\n${"-".repeat(72)}\n\n`);
}

/** Writes licences.txt with the licence of each package whose code is in a bundle; refuses licences not allowed. `note` is
 * for the bundle of a worker, which is made before the page's. */
export function licences(): { readonly page: Plugin; readonly note: () => Plugin } {
  const folders = new Set<string>();
  const collect = (bundle: Rolldown.OutputBundle): void => {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== "chunk") continue;
      for (const id of Object.keys(chunk.modules)) {
        const folder = packageFolder(id);
        if (folder !== null) folders.add(folder);
      }
    }
  };
  const note = (): Plugin => ({ name: "omefree-licences-of-worker", apply: "build", generateBundle: (_options, bundle) => collect(bundle) });
  const page: Plugin = {
    name: "omefree-licences",
    apply: "build",
    generateBundle(_options, bundle) {
      collect(bundle);
      const data = DATA.map((name) => readNotice(join(PACKAGES, name))).map((notice) => (notice.name === "nsfwjs" ? { ...notice, text: `${OF_DATA}\n\n${notice.text}` } : notice));
      const notices = [...[...folders].map(readNotice), ...data].sort(inOrder);
      this.emitFile({ type: "asset", fileName: "licences.txt", source: sheet(notices) });
    },
  };
  return { page, note };
}
