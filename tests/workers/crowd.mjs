// Many official JavaScript clients at once: each begins with long-polling, upgrades, finds a partner and is told a text.
// Prints one JSON line: how many were told one, how many upgraded, and what went wrong.
//
// node crowd.mjs <folder with node_modules> <url> <how many> <how many may be on their way to a WebSocket at once>

import { createRequire } from "node:module";

const [folder, url, count, atOnce] = process.argv.slice(2);
const { io } = createRequire(`${folder}/package.json`)("socket.io-client");
const GUARD_MS = 120_000;
const told = { heard: 0, upgraded: 0, errors: [] };
const waiting = [];
let free = Number(atOnce);

/** Resolves when a place is free. */
async function place() {
  if (free > 0) free -= 1;
  else await new Promise((resolve) => waiting.push(resolve));
}

/** Gives a place on: to who waits longest. */
function leave() {
  const next = waiting.shift();
  if (next) next();
  else free += 1;
}

/** A visit that begins when there is a place for it. */
async function arrive() {
  await place();
  return visit();
}

function visit() {
  return new Promise((done) => {
    const socket = io(url, { reconnection: false, forceNew: true, auth: { v: 1 } });
    let arriving = true;
    const arrived = () => {
      if (arriving) leave();
      arriving = false;
    };
    const over = (error) => {
      arrived();
      if (error) told.errors.push(String(error));
      clearTimeout(guard);
      done(socket);
    };
    const guard = setTimeout(() => over("it takes too long"), GUARD_MS);
    let heard = false;
    let upgraded = false;
    const look = () => heard && upgraded && over();
    socket.io.engine.on("upgrade", () => {
      arrived();
      told.upgraded += 1;
      upgraded = true;
      look();
    });
    socket.on("connect_error", (error) => over(error.message));
    socket.on("disconnect", (reason) => over(reason));
    socket.on("welcome", () => socket.emit("find", { mode: "text" }, (answer) => answer.ok || over(answer.code)));
    socket.on("matched", ({ chat }) => socket.emit("message", chat, "hello", (answer) => answer.ok || over(answer.code)));
    socket.on("message", () => {
      told.heard += 1;
      heard = true;
      look();
    });
  });
}

const sockets = await Promise.all(Array.from({ length: Number(count) }, arrive));
console.log(JSON.stringify(told));
for (const socket of sockets) socket.disconnect();
