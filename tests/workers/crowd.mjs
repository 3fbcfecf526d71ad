// Many official JavaScript clients at once: each begins with long-polling, upgrades, finds a partner and is told a text.
// Prints one JSON line: how many were told one, how many upgraded, and what went wrong.
//
// node crowd.mjs <folder with node_modules> <url> <how many>

import { createRequire } from "node:module";

const [folder, url, count] = process.argv.slice(2);
const { io } = createRequire(`${folder}/package.json`)("socket.io-client");
const GUARD_MS = 120_000;
const told = { heard: 0, upgraded: 0, errors: [] };

function visit() {
  return new Promise((done) => {
    const socket = io(url, { reconnection: false, forceNew: true, auth: { v: 1 } });
    const over = (error) => {
      if (error) told.errors.push(String(error));
      clearTimeout(guard);
      done(socket);
    };
    const guard = setTimeout(() => over("it takes too long"), GUARD_MS);
    let heard = false;
    let upgraded = false;
    const look = () => heard && upgraded && over();
    socket.io.engine.on("upgrade", () => {
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

const sockets = await Promise.all(Array.from({ length: Number(count) }, visit));
console.log(JSON.stringify(told));
for (const socket of sockets) socket.disconnect();
