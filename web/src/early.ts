// Runs before the first paint of every page, the server's own too. It puts on the colours that were chosen here, and on
// the first page asks for the words while the rest is still on its way. It stands alone: no module, and small.

(() => {
  /** What was kept under this name (stored.ts); null: nothing, or storage is forbidden. */
  function kept(name: string): string | null {
    try {
      return localStorage.getItem(`omefree.${name}`);
    } catch {
      return null;
    }
  }

  const root = document.documentElement;
  const theme = kept("theme");
  if (theme === "light" || theme === "dark") root.dataset["theme"] = theme;

  /** The colour of the browser's own bars: of the chosen theme, or by the system. */
  function colourBars(): void {
    const chosen = root.dataset["theme"];
    for (const meta of document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")) {
      const own = meta.dataset["theme"];
      meta.media = chosen === "light" || chosen === "dark" ? (chosen === own ? "all" : "not all") : `(prefers-color-scheme: ${own})`;
    }
  }

  colourBars();
  new MutationObserver(colourBars).observe(root, { attributeFilter: ["data-theme"] });

  const files = [...(document.querySelector<HTMLTemplateElement>("template[data-words]")?.content.querySelectorAll("link") ?? [])];
  const primary = (tag: string): string => tag.toLowerCase().split("-")[0] ?? tag;
  const asked = new URLSearchParams(location.search).get("lang");
  const wanted = [asked, kept("lang"), ...navigator.languages].filter((tag) => tag !== null);
  const found = wanted.map((tag) => files.find(({ hreflang }) => primary(hreflang) === primary(tag)));
  const { hreflang, href, integrity } = found.find((file) => file !== undefined) ?? files[0] ?? {};
  if (href === undefined || hreflang === undefined) return;
  const answer = fetch(href, { integrity: integrity ?? "" });
  answer.catch(() => undefined); // words.svelte.ts asks again
  Object.assign(globalThis, { omefreeWords: { tag: hreflang, answer } });
})();
