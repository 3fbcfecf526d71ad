// Rules that the markup of every view keeps. They are read from the sources, so a new view cannot forget them.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "svelte/compiler";
import { describe, expect, it } from "vitest";

const VIEWS = fileURLToPath(new URL(".", import.meta.url));
const NAMES = readdirSync(VIEWS).filter((name) => name.endsWith(".svelte"));

/** Their page is not the chat's: nothing of a chat is lost by leaving it. */
const OTHER_PAGES: ReadonlySet<string> = new Set(["Check.svelte"]);

interface Node {
  readonly type: string;
  readonly data?: string;
  readonly start: number;
}

function treeOf(source: string): Node {
  return parse(source, { modern: true }).fragment as unknown as Node;
}

/** All nodes below this one, whatever they are called. */
function* nodesOf(node: unknown): Generator<Node> {
  if (Array.isArray(node)) for (const each of node) yield* nodesOf(each);
  else if (typeof node === "object" && node !== null) {
    if ("type" in node && typeof node.type === "string") yield node as Node;
    yield* nodesOf(Object.values(node));
  }
}

/** The bodies of all blocks: `{#if}`, `{#each}`, `{#key}`, snippets. Svelte takes each away from its first node to its last. */
function bodiesOf(tree: Node): { readonly nodes: readonly Node[] }[] {
  const blocks = [...nodesOf(tree)].filter(({ type }) => /Block$/.test(type));
  return blocks.flatMap((block) =>
    Object.values(block).filter((part): part is { type: string; nodes: Node[] } => part !== null && typeof part === "object" && "type" in part && part.type === "Fragment"),
  );
}

const isThere = ({ type, data = "" }: Node) => type !== "Comment" && (type !== "Text" || data.trim() !== "");
const isText = ({ type }: Node) => type === "ExpressionTag" || type === "Text";

describe.each(NAMES)("%s", (name) => {
  const source = readFileSync(join(VIEWS, name), "utf8");

  it("has no text at the edge of a block: a page translator would replace what Svelte must find again", () => {
    const tree = treeOf(source);
    const edges = [tree as Node & { nodes: Node[] }, ...bodiesOf(tree)].map(({ nodes }) => nodes.filter(isThere)).flatMap((nodes) => [nodes[0], nodes.at(-1)]);
    const bare = edges.filter((node) => node !== undefined && isText(node));
    expect(bare.map((node) => source.slice(node?.start, (node?.start ?? 0) + 60))).toEqual([]);
  });

  it("lets no browser restore what a control showed before: it would show what is not used", () => {
    const controls = source.match(/<(?:input|select|textarea)\b[^>]*(?:=>[^>]*)*>/g) ?? [];
    expect(controls.filter((control) => !control.includes('autocomplete="off"'))).toEqual([]);
  });

  it("opens links beside the page, which would forget the interests and end the chat", () => {
    const links = source.match(/<a\s[^>]*>/g) ?? [];
    expect(OTHER_PAGES.has(name) ? [] : links.filter((link) => !link.includes('target="_blank" rel="noopener"'))).toEqual([]);
  });
});

describe("the styles", () => {
  const STYLE = fileURLToPath(new URL("../style", import.meta.url));
  const PHYSICAL = /(?:margin|padding)-(?:left|right):|border-(?:left|right)\b|(?:text-align|float): (?:left|right)|[ ;{](?:left|right): (?!50%)/g;
  const styles = readdirSync(STYLE).map((name) => [name, readFileSync(join(STYLE, name), "utf8")] as const);
  const views = NAMES.map((name) => [name, readFileSync(join(VIEWS, name), "utf8").split("<style>")[1] ?? ""] as const);

  it.each([...styles, ...views])("%s is the same for those who read from right to left, mirrored", (_name, style) => {
    expect(style.match(PHYSICAL) ?? []).toEqual([]);
  });
});
