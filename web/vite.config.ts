import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { integrity } from "./build/integrity.ts";
import { licences } from "./build/licences.ts";
import { words } from "./build/words.ts";

export default defineConfig({
  plugins: [words(), svelte(), licences(), integrity()],
  build: {
    outDir: "../src/omefree/static",
    emptyOutDir: true,
    assetsInlineLimit: 0, // the policy allows no data: address
    modulePreload: { polyfill: false },
    // light-dark(), :has() and dialog, native: two years of browsers
    target: ["chrome123", "edge123", "firefox121", "safari17.5"],
    rolldownOptions: { input: { index: "index.html", policy: "src/style/policy.css" } },
  },
  server: { proxy: { "/socket.io/": { target: "http://127.0.0.1:8000", ws: true } } },
  test: { include: ["{src,build}/**/*.test.ts"], environment: "node" },
});
