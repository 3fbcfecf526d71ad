// The peer: Node's Socket.IO doing the same work as our server. Run: node peer.mjs PORT [CERTIFICATE KEY]
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { randomBytes } from "node:crypto";
import { Server } from "socket.io";

const [port, cert, key] = process.argv.slice(2);
const server = cert ? https.createServer({ cert: readFileSync(cert), key: readFileSync(key) }) : http.createServer();
const io = new Server(server, {
  pingInterval: 10_000,
  pingTimeout: 8_000,
  maxHttpBufferSize: 65_536,
  perMessageDeflate: false,
  serveClient: false,
});
const RATE = 1e7, BURST = 4e7; // on, and out of the way: as --quota-scale 1000000
const MOST = { message: 16_384, signal: 49_152 };
let waiting = null;

function granted(bucket) {
  const now = performance.now() / 1000;
  bucket.tokens = Math.min(BURST, bucket.tokens + (now - bucket.stamp) * RATE);
  bucket.stamp = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

/** Ends the chat, if there is one. Only the partner is told: who leaves knows. */
function part(me, reason) {
  const partner = me.partner;
  if (partner === null) return;
  partner.socket.emit("ended", { chat: me.chat, reason });
  me.partner = me.chat = partner.partner = partner.chat = null;
}

io.on("connection", (socket) => {
  const me = { socket, partner: null, chat: null, bucket: { tokens: BURST, stamp: 0 } };
  socket.emit("welcome", { v: 1, online: io.engine.clientsCount, resume: randomBytes(24).toString("base64url") });
  socket.on("find", (criteria, ack) => {
    if (typeof ack === "function") ack({ ok: true });
    part(me, "skipped");
    if (waiting === null) {
      waiting = me;
      return;
    }
    const other = waiting, chat = randomBytes(12).toString("base64url");
    waiting = null;
    for (const [one, two, polite] of [[me, other, true], [other, me, false]]) {
      one.partner = two;
      one.chat = chat;
      one.socket.emit("matched", { chat, polite, mode: "text", common: [] });
    }
  });
  for (const name of ["message", "signal"])
    socket.on(name, (chat, data, ack) => {
      const answer = typeof ack === "function" ? ack : () => {};
      if (typeof chat !== "string" || typeof data !== "string") return answer({ ok: false, code: "bad_args" });
      if (Buffer.byteLength(data) > MOST[name]) return answer({ ok: false, code: "too_big" });
      if (chat !== me.chat) return answer({ ok: false, code: "chat_over" });
      if (!granted(me.bucket)) return answer({ ok: false, code: "rate_limited" });
      me.partner.socket.emit(name, chat, data);
      answer({ ok: true });
    });
  socket.on("disconnect", () => {
    if (waiting === me) waiting = null;
    part(me, "left");
  });
});
server.listen(Number(port), "127.0.0.1", () => console.error("ready"));
