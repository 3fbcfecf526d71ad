// The peer: Node's Socket.IO doing the same work as our server. Run: node peer.mjs PORT
import { createServer } from "node:http";
import { randomBytes } from "node:crypto";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, {
  pingInterval: 10_000,
  pingTimeout: 8_000,
  maxHttpBufferSize: 65_536,
  perMessageDeflate: false,
  serveClient: false,
});
const RATE = 1e7, BURST = 4e7; // on, and out of the way: as --quota-scale 1000000
let waiting = null;

function granted(bucket) {
  const now = performance.now() / 1000;
  bucket.tokens = Math.min(BURST, bucket.tokens + (now - bucket.stamp) * RATE);
  bucket.stamp = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

io.on("connection", (socket) => {
  const me = { socket, partner: null, chat: null, bucket: { tokens: BURST, stamp: 0 } };
  socket.emit("welcome", { v: 1, online: io.engine.clientsCount, resume: randomBytes(24).toString("base64url") });
  socket.on("find", (criteria, ack) => {
    if (typeof ack === "function") ack({ ok: true });
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
  socket.on("message", (chat, data, ack) => {
    const answer = typeof ack === "function" ? ack : () => {};
    if (typeof chat !== "string" || typeof data !== "string") return answer({ ok: false, code: "bad_args" });
    if (Buffer.byteLength(data) > 16_384) return answer({ ok: false, code: "too_big" });
    if (chat !== me.chat) return answer({ ok: false, code: "chat_over" });
    if (!granted(me.bucket)) return answer({ ok: false, code: "rate_limited" });
    me.partner.socket.emit("message", chat, data);
    answer({ ok: true });
  });
  socket.on("disconnect", () => {
    if (waiting === me) waiting = null;
    if (me.partner) me.partner.partner = me.partner.chat = null;
  });
});
http.listen(Number(process.argv[2]), "127.0.0.1", () => console.error("ready"));
