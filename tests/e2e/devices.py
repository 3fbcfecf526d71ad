"""Cameras and microphones that fail: what a browser test does to the devices of a page, before it is opened."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page

# Wraps getUserMedia: a test says which kind fails and how, and asks which tracks are live. A fake device cannot be
# pulled out or silenced, so its events are made here.
DEVICES = """
(() => {
  const media = navigator.mediaDevices;
  const ask = media.getUserMedia.bind(media), list = media.enumerateDevices.bind(media);
  const tracks = [], asked = [], gone = new Set();
  window.deviceFaults = {};
  media.getUserMedia = async (wanted) => {
    const kinds = ["audio", "video"].filter((kind) => wanted[kind]);
    asked.push(kinds.join("+"));
    for (const kind of kinds) if (window.deviceFaults[kind]) throw new DOMException("no", window.deviceFaults[kind]);
    const stream = await ask(wanted);
    tracks.push(...stream.getTracks());
    return stream;
  };
  media.enumerateDevices = async () => (await list()).filter(({ deviceId }) => !gone.has(deviceId));
  const last = (kind) => tracks.findLast((track) => track.kind === kind);
  window.askedFor = () => asked;
  window.liveTracks = () => tracks.filter(({ readyState }) => readyState === "live").map(({ kind }) => kind).sort();
  window.lastTrack = (kind) => last(kind);
  window.silence = (kind, muted) => {
    Object.defineProperty(last(kind), "muted", { value: muted, configurable: true });
    last(kind).dispatchEvent(new Event(muted ? "mute" : "unmute"));
  };
  window.unplug = (kind) => {
    gone.add(last(kind).getSettings().deviceId);
    last(kind).stop();
    last(kind).dispatchEvent(new Event("ended"));
    media.dispatchEvent(new Event("devicechange"));
  };
})();
"""


async def watched(page: Page) -> None:
    """`before` of a person whose devices a test watches and breaks."""
    await page.add_init_script(DEVICES)


async def live(page: Page) -> list[str]:
    """The kinds of our own tracks that are live: each has its light on, or listens."""
    kinds: list[str] = await page.evaluate("liveTracks()")
    return kinds


async def broken(page: Page, **faults: str) -> None:
    """From now on these kinds fail with the error of this name; none: they work again."""
    await page.evaluate("(faults) => { deviceFaults = faults; }", faults)


def failing(**faults: str) -> Any:
    """`before` of a person whose devices fail from the beginning."""

    async def before(page: Page) -> None:
        await page.add_init_script(DEVICES)
        await page.add_init_script(f"deviceFaults = {faults!r};")

    return before
