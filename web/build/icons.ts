// The icons as outlines: one path for each, made when the page is built, so that the page carries these alone.

import * as lucide from "lucide";
import type { Plugin } from "vite";

import { FIRST, ICONS, type IconName, OFF } from "../src/views/icons.ts";

const MODULE = "virtual:icons/";

type Attributes = Readonly<Record<string, string | number | undefined>>;
type Shape = readonly [string, Attributes];

/** The path of one shape of SVG that lucide draws with: path, circle, rect, line. */
export function pathOf([tag, attributes]: Shape): string {
  const of = (name: string) => Number(attributes[name] ?? 0);
  if (tag === "path") return `M0 0${attributes["d"]}`; // many begin with a relative move, and others may lie before
  if (tag === "circle") return ellipse(of("cx"), of("cy"), of("r"));
  if (tag === "line") return `M${of("x1")} ${of("y1")}L${of("x2")} ${of("y2")}`;
  if (tag === "rect") return rectangle(of("x"), of("y"), of("width"), of("height"), of("rx"));
  throw new Error(`an icon with a ${tag}`);
}

function ellipse(x: number, y: number, r: number): string {
  return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
}

function rectangle(x: number, y: number, width: number, height: number, r: number): string {
  const arc = (dx: number, dy: number) => `a${r} ${r} 0 0 1 ${dx} ${dy}`;
  return `M${x + r} ${y}h${width - 2 * r}${arc(r, r)}v${height - 2 * r}${arc(-r, r)}h${2 * r - width}${arc(-r, -r)}v${2 * r - height}${arc(r, -r)}z`;
}

/** The outline of an icon of lucide. Throws if there is none of this name. */
export function outlineOf(name: string): string {
  const icon = (lucide.icons as Readonly<Record<string, readonly Shape[]>>)[name];
  if (icon === undefined) throw new Error(`lucide has no icon ${name}`);
  return icon.map(pathOf).join("");
}

/** The outlines of these icons by name, and of each as `name-off`. */
export function outlinesOf(names: readonly IconName[]): Readonly<Record<string, string>> {
  const both = (name: IconName): [string, string][] => {
    const own = outlineOf(ICONS[name]);
    const off = OFF[name];
    return [[name, own], ...(off === undefined ? [] : ([[`${name}-off`, outlineOf(off)]] as [string, string][]))];
  };
  return Object.fromEntries(names.flatMap(both));
}

/** The modules `virtual:icons/first` and `virtual:icons/later`. */
export function icons(): Plugin {
  const sets: Readonly<Record<string, readonly IconName[]>> = {
    first: FIRST,
    later: (Object.keys(ICONS) as IconName[]).filter((name) => !FIRST.includes(name)),
  };
  return {
    name: "omefree-icons",
    resolveId: (id) => (id.startsWith(MODULE) ? `\0${id}` : undefined),
    load: (id) => (id.startsWith(`\0${MODULE}`) ? `export const outlines = ${JSON.stringify(outlinesOf(sets[id.slice(MODULE.length + 1)] ?? []))};` : undefined),
  };
}
