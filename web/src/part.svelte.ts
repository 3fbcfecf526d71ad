// A part of the page that is loaded later, and only if it is what the build made: index.html has a template for each
// part, with its files and their hashes (build/parts.ts). A link with `integrity` fetches a file first; a script that
// does not fit its hash never runs.

/** A link to one file of a part, as the template has it. */
function linksOf(name: string): HTMLLinkElement[] {
  const template = document.querySelector<HTMLTemplateElement>(`template[data-part="${name}"]`);
  return [...(template?.content.querySelectorAll("link") ?? [])]; // none in development
}

const fetched = new Map<string, Promise<void>>();

/** Puts the link into the page. Rejects if the file is gone or is another one; it can then be tried again. */
function fetchOnce(link: HTMLLinkElement): Promise<void> {
  const running = fetched.get(link.href) ?? settled(link).catch(() => anew(link));
  fetched.set(link.href, running);
  running.catch(() => fetched.delete(link.href));
  return running;
}

/** Past the browser's cache, which keeps our files for a year: what it has may be broken. */
async function anew(link: HTMLLinkElement): Promise<void> {
  await fetch(link.href, { cache: "reload", integrity: link.integrity });
  await settled(link);
}

function settled(original: HTMLLinkElement): Promise<void> {
  const link = original.cloneNode() as HTMLLinkElement;
  return new Promise((resolve, reject) => {
    link.onload = () => resolve();
    link.onerror = () => {
      link.remove();
      reject(new Error(`${link.href} is gone or is another file`));
    };
    document.head.append(link);
  });
}

/** One such part. `name` is that of the module which `load` imports. */
export class Part<T> {
  /** What is loaded, or null until then. */
  here: T | null = $state.raw(null);
  private coming: Promise<T> | null = null;

  constructor(
    private readonly name: string,
    private readonly load: () => Promise<T>,
  ) {}

  /** Loads the part once. Rejects if it cannot, and may then be asked again. */
  warm(): Promise<T> {
    this.coming ??= this.fetch().catch((error: unknown) => {
      this.coming = null;
      throw error;
    });
    return this.coming;
  }

  /** The same, for somebody who waits for it: a failure is told as `vite:preloadError`, since only a reload helps. */
  async need(): Promise<T> {
    try {
      return await this.warm();
    } catch (error) {
      dispatchEvent(new Event("vite:preloadError"));
      throw error;
    }
  }

  private async fetch(): Promise<T> {
    await Promise.all(linksOf(this.name).map(fetchOnce));
    return (this.here = await this.load());
  }
}
