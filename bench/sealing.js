// Runs in each page before the page's own script, notes when what happens, and changes nothing. For bench/sealing.py.
(() => {
  const KINDS = ["hello", "message", "signal", "receipt"];
  const EVENT = /^42\d*(\[.*\])$/s; // Socket.IO's, in Engine.IO's message
  const marks = {}; // milliseconds of performance.now()
  const relayed = []; // in order: when, which way, what kind of frame, how many characters
  let polite = null;
  const painted = Promise.withResolvers(), sealed = Promise.withResolvers();

  function mark(name) {
    marks[name] ??= performance.now();
  }

  function kindOf(data) {
    return data.startsWith("{") ? JSON.parse(data).name : KINDS[atob(data.slice(0, 4)).charCodeAt(1)];
  }

  function note(way, packet) {
    const [name, ...args] = JSON.parse(EVENT.exec(packet)?.[1] ?? "[null]");
    if (name === "matched") {
      mark("matched");
      polite = args[0].polite;
    }
    if (name !== "signal" && name !== "message") return;
    const [, data] = args;
    relayed.push({ at: performance.now(), way, kind: kindOf(data), chars: data.length });
  }

  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({ data }) => note("in", data));
    }
    send(data) {
      note("out", data);
      super.send(data);
    }
  };

  const Peer = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Peer {
    constructor(...args) {
      super(...args);
      this.addEventListener("connectionstatechange", () => mark(this.connectionState));
    }
    setRemoteDescription(description) {
      mark(description.type);
      return super.setRemoteDescription(description);
    }
  };

  const media = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
    ...media,
    set(stream) {
      if (stream !== null && this.dataset.testid === "remote-video") this.requestVideoFrameCallback(paint);
      media.set.call(this, stream);
    },
  });

  function paint() {
    mark("frame");
    painted.resolve(found());
  }

  new MutationObserver(() => {
    if (marks.sealed !== undefined || document.querySelector("[data-seal=sealed]") === null) return;
    mark("sealed");
    sealed.resolve(found());
  }).observe(document, { subtree: true, childList: true, attributeFilter: ["data-seal"] });

  function found() {
    return { polite, marks: { ...marks }, relayed: [...relayed] };
  }

  window.watched = { frame: painted.promise, sealed: sealed.promise, found };
})();
