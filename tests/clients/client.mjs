// The official JavaScript client under the control of a test: commands come on stdin, what happens goes to stdout, both
// as lines of JSON. Bytes are {"base64": "..."}.
//
// node client.mjs <folder with node_modules> <url> <transports, as websocket or polling,websocket>

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [folder, url, transports] = process.argv.slice(2);
const { io } = createRequire(`${folder}/package.json`)("socket.io-client");

const tell = (what, ...args) => console.log(JSON.stringify([what, ...args.map(pack)]));

function pack(value) {
  if (Buffer.isBuffer(value)) return { base64: value.toString("base64") };
  if (Array.isArray(value)) return value.map(pack);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, pack(v)]));
  return value;
}

function unpack(value) {
  if (Array.isArray(value)) return value.map(unpack);
  if (value && typeof value === "object") {
    if ("base64" in value) return Buffer.from(value.base64, "base64");
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, unpack(v)]));
  }
  return value;
}

const socket = io(url, { transports: transports.split(","), reconnection: false, auth: { v: 1 } });
socket.on("connect", () => tell("connected"));
socket.on("connect_error", (error) => tell("connect_error", error.message));
socket.on("disconnect", (reason) => tell("disconnected", reason));
socket.onAny((name, ...args) => tell("event", name, ...args.filter((arg) => typeof arg !== "function")));
socket.on("question", (...args) => args.pop()(...args));
socket.io.engine.on("upgrade", (transport) => tell("upgraded", transport.name));

for await (const line of createInterface(process.stdin)) {
  const [what, ...args] = unpack(JSON.parse(line));
  if (what === "emit") socket.emit(...args);
  if (what === "call") socket.emit(...args, (...answer) => tell("answer", ...answer));
  if (what === "disconnect") break;
}
process.stdin.destroy();
socket.disconnect(); // and Node ends when its packet is out
