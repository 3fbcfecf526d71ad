// The page with another talk. There is no setting for it: only this file builds such a page, for bench/sealing.py.

import { fileURLToPath } from "node:url";

import page from "../../web/vite.config.ts";

const talk = fileURLToPath(new URL("talk.ts", import.meta.url));

export default {
  ...page,
  root: fileURLToPath(new URL("../../web", import.meta.url)),
  resolve: { alias: [{ find: "../channel/talk.ts", replacement: talk }] },
};
