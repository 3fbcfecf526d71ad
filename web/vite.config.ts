import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { icons } from "./build/icons.ts";
import { integrity } from "./build/integrity.ts";
import { licences } from "./build/licences.ts";
import { offline } from "./build/offline.ts";
import { parts, plainImports } from "./build/parts.ts";
import { shieldFiles, shieldModel } from "./build/shield.ts";
import { shared } from "./build/shared.ts";
import { words } from "./build/words.ts";

const notices = licences();

export default defineConfig({
  base: "./", // a proxy may serve the page below a path
  plugins: [plainImports(), shared(), words(), icons(), svelte(), shieldFiles(), notices.page, parts(), integrity(), offline()],
  build: {
    outDir: "../src/omefree/static",
    emptyOutDir: true,
    assetsInlineLimit: 0, // the policy allows no data: address
    // src/part.svelte.ts fetches what a script loads later: the lists of Vite's own helper would only weigh
    modulePreload: { polyfill: false, resolveDependencies: (_file, files, { hostType }) => (hostType === "html" ? files : []) },
    // light-dark(), :has() and dialog, native: two years of browsers
    target: ["chrome123", "edge123", "firefox121", "safari17.5"],
    rolldownOptions: { input: { index: "index.html", check: "check.html", offline: "offline.html", policy: "src/style/policy.css", early: "src/early.ts" } },
  },
  worker: {
    format: "iife", // one file, which alone is answered with a policy that allows wasm
    plugins: () => [shieldModel(), notices.note()],
    rolldownOptions: { output: { entryFileNames: "assets/shield-[hash].js" } },
  },
  server: { proxy: { "/socket.io/": { target: "http://127.0.0.1:8000", ws: true } } },
  test: { include: ["{src,build}/**/*.test.ts"], environment: "node", setupFiles: ["src/testing/english.ts"] },
});
