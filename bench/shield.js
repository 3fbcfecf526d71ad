// In the page: moving pictures out of still ones, and the shield's own worker to look at them. See shield.py.
/* exported movingCamera, harness, lookAt */

/** A picture in motion at frame n: the crop drifts, the light changes. Every tenth frame is out of focus. */
function paintMoving(canvas, picture, n) {
  const paint = canvas.getContext("2d");
  const { width, height } = canvas;
  const zoom = 1.15 + 0.1 * Math.sin(n / 7);
  const scale = Math.max(width / picture.width, height / picture.height) * zoom;
  const [spareX, spareY] = [picture.width * scale - width, picture.height * scale - height];
  const blurred = n % 10 === 7;
  paint.filter = `brightness(${1 + 0.2 * Math.sin(n / 5)})${blurred ? ` blur(${Math.round(width * 3 / 224)}px)` : ""}`;
  paint.drawImage(picture, -spareX * (0.5 + 0.4 * Math.sin(n / 6)), -spareY * (0.35 + 0.3 * Math.sin(n / 9)), picture.width * scale, picture.height * scale);
  paint.filter = "none";
}

async function pictureOf(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return createImageBitmap(new Blob([bytes]));
}

/** From now on this page's camera shows the picture, in motion at 15 frames a second. */
async function movingCamera(base64) {
  const picture = await pictureOf(base64);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [640, 480];
  let n = 0;
  const draw = () => paintMoving(canvas, picture, Math.floor(n++ / 5));
  draw();
  setInterval(draw, 66);
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(15);
}

/** Starts the worker that the page itself would start. */
function harness(script) {
  const policy = trustedTypes.createPolicy("omefree-worker", { createScriptURL: () => script });
  const worker = new Worker(policy.createScriptURL(script));
  const asked = new Map();
  window.askWorker = (n, pixels) => new Promise((resolve) => {
    asked.set(n, resolve);
    worker.postMessage({ n, pixels }, [pixels]);
  });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => {
      if (data.type === "look") asked.get(data.n)(data.look);
      else resolve(data.fault ?? "ready");
    };
  });
}

/** What the worker sees in `frames` frames of the picture: whole ones and centred squares by turns, as in the page. */
async function lookAt(base64, frames) {
  const picture = await pictureOf(base64);
  const scene = document.createElement("canvas");
  [scene.width, scene.height] = [640, 480];
  const small = document.createElement("canvas");
  small.width = small.height = 224;
  const paint = small.getContext("2d", { willReadFrequently: true });
  const seen = [];
  for (let n = 0; n < frames; n++) {
    paintMoving(scene, picture, n);
    if (n % 2 === 1) paint.drawImage(scene, 80, 0, 480, 480, 0, 0, 224, 224);
    else paint.drawImage(scene, 0, 0, 224, 224);
    seen.push(await window.askWorker(n, paint.getImageData(0, 0, 224, 224).data.buffer));
  }
  return seen;
}
