import { createHash } from "node:crypto";
import type { Plugin, Rolldown } from "vite";

/** The one thing that the page's service worker keeps: src/omefree/privacy/device.py names it, too. */
export const CACHE = "omefree.offline";
const PAGE = "offline.html";
const MARK = "favicon.svg"; // of web/public
const FETCHED = /<(?:script|link)\b[^>]*?\s(?:src|href)="(?:\.\/)?([^":]+)"/g;

/**
 * The service worker. It goes to the network for everything: only when a page cannot be had does it answer with the one
 * that it keeps, and then with what that page needs. `release` changes with the page, so that browsers fetch it anew.
 */
export function workerOf(files: readonly string[], release: string): string {
  return `// OmeFree's service worker: release ${release}. It keeps one page for times without a connection, and nothing else.
const CACHE = ${JSON.stringify(CACHE)};
const PAGE = ${JSON.stringify(PAGE)};
const FILES = ${JSON.stringify(files)}.map(here);

function here(file) {
  return new URL(file, location).href;
}

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })));
}

async function forgetOlder() {
  const cache = await caches.open(CACHE);
  const older = (await cache.keys()).filter(({ url }) => url.startsWith(here("./")) && !FILES.includes(url));
  await Promise.all(older.map((request) => cache.delete(request)));
}

async function kept(file) {
  return (await (await caches.open(CACHE)).match(file)) ?? Response.error();
}

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(keep());
});
addEventListener("activate", (event) => event.waitUntil(forgetOlder().then(() => clients.claim())));
addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || request.url.startsWith(here("socket.io/"))) return;
  const file = request.mode === "navigate" ? here(PAGE) : FILES.find((file) => file === request.url);
  if (file !== undefined) event.respondWith(fetch(request).catch(() => kept(file)));
});
`;
}

function sourceOf(bundle: Rolldown.OutputBundle, file: string): string {
  const made = bundle[file];
  if (made?.type !== "asset") throw new Error(`no ${file} in this build`);
  return made.source.toString();
}

/** Writes sw.js, which keeps offline.html and what that names. */
export function offline(): Plugin {
  return {
    name: "omefree-offline",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post", // the page is whole by then (build/parts.ts, build/integrity.ts)
      handler(_options, bundle) {
        const page = sourceOf(bundle, PAGE);
        const files = new Set([PAGE, MARK, ...[...page.matchAll(FETCHED)].map(([, file = ""]) => file)]);
        const release = createHash("sha256").update(page).digest("base64url").slice(0, 8);
        this.emitFile({ type: "asset", fileName: "sw.js", source: workerOf([...files], release) });
      },
    },
  };
}
