// Official JavaScript clients that go from polling to WebSocket with events in flight both ways, some at a time. Prints
// as JSON how many have upgraded, and what was lost, doubled or out of order.
//
// node upgrades.mjs <folder with node_modules> <url> <how many> <at a time> <how many events the server says unasked>

import { createRequire } from "node:module";

const [folder, url, count, atOnce, told] = process.argv.slice(2);
const { io } = createRequire(`${folder}/package.json`)("socket.io-client");
const faults = [];
let upgraded = 0;

// Says numbers at every step of the upgrade, and hears each of them said back; and hears what the server says unasked.
function visit() {
  return new Promise((done) => {
    const socket = io(url, { forceNew: true, reconnection: false });
    const heard = { told: [], "message-back": [] };
    let said = 0;
    let steps = 2; // connected and upgraded, in whichever order
    const say = () => {
      for (let i = 0; i < 3; i++) socket.emit("message", said++);
    };
    const step = () => {
      steps--;
      say();
    };
    const isDone = () => !steps && heard.told.length >= told && heard["message-back"].at(-1) === said - 1;
    socket.on("connect", step);
    socket.io.engine.on("upgrading", say);
    socket.io.engine.on("upgrade", () => {
      upgraded++;
      step();
    });
    socket.onAny((name, number) => {
      heard[name]?.push(number);
      if (name === "message-back" && steps && number % 3 === 0) say();
      if (isDone()) socket.disconnect();
    });
    socket.on("disconnect", (reason) => {
      const whole = isWhole(heard.told, Number(told)) && isWhole(heard["message-back"], said);
      if (reason !== "io client disconnect" || !whole) faults.push({ reason, said, heard });
      done();
    });
    socket.on("connect_error", (error) => {
      faults.push({ reason: error.message });
      done();
    });
  });
}

function isWhole(numbers, length) {
  return numbers.length === length && numbers.every((number, at) => number === at);
}

let left = Number(count);
async function visitor() {
  while (left-- > 0) await visit();
}
await Promise.all(Array.from({ length: Number(atOnce) }, visitor));
console.log(JSON.stringify({ upgraded, faults: faults.slice(0, 5) }));
