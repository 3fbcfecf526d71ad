// The page for times without a connection (offline.html): shows its text in the reader's language, and goes on by itself
// once the server can be reached again.

const RETRY_MS = 5_000; // arbitrary: short enough to feel at once, long enough to cost no battery

/** The language that was chosen here, else the browser's first that the page has; null: as the page is. */
function wanted(has: readonly string[]): string | undefined {
  const given = navigator.languages.map((tag) => tag.toLowerCase().split("-")[0] ?? tag);
  try {
    given.unshift(localStorage.getItem("omefree.lang") ?? "");
  } catch {
    // storage is forbidden here
  }
  return given.find((tag) => has.includes(tag));
}

function speak(): void {
  const texts = [...document.querySelectorAll<HTMLElement>("main [lang]")];
  const lang = wanted(texts.map((text) => text.lang)) ?? document.documentElement.lang;
  for (const text of texts) text.hidden = text.lang !== lang;
  const shown = texts.find((text) => !text.hidden);
  document.documentElement.lang = lang;
  document.documentElement.dir = shown?.dir ?? "ltr";
  document.title = shown?.querySelector("h1")?.textContent ?? document.title;
}

/** To the page that was wanted: this one stands in its place, under its address. */
function goOn(): void {
  if (location.pathname.endsWith("/offline.html")) location.replace("./");
  else location.reload();
}

async function retry(): Promise<void> {
  try {
    const answer = await fetch("healthz", { cache: "no-store" });
    if (answer.ok) goOn();
  } catch {
    // still not: the next try is on its way
  }
}

speak();
addEventListener("online", () => void retry());
setInterval(() => void retry(), RETRY_MS);
for (const button of document.querySelectorAll("button")) button.onclick = goOn;
