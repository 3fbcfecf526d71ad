// The page with another channel. There is no setting for it: only this file builds such a page, for bench/sealing.py.

import { fileURLToPath } from "node:url";

import page from "../../web/vite.config.ts";

const channel = fileURLToPath(new URL("channel.ts", import.meta.url));

export default {
  ...page,
  root: fileURLToPath(new URL("../../web", import.meta.url)),
  resolve: { alias: [{ find: "../channel/channel.ts", replacement: channel }] },
};
