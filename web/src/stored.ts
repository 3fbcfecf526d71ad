// All that the page keeps on this device, and the only file that touches its storage. Each name is a row of the policy
// (src/omefree/privacy/device.py) and known to the audit's check `storage`. Never a token, a text or an interest.

/** What can be kept. */
export const STORED = ["lang", "theme", "settings", "devices"] as const;
export type Stored = (typeof STORED)[number];
const WORKER = "sw.js"; // its scope is the folder that the page is in

/** What was kept, or null: nothing was, or storage is forbidden. */
export function stored(name: Stored): string | null {
  try {
    return localStorage.getItem(`omefree.${name}`);
  } catch {
    return null;
  }
}

/** Keeps the value; null forgets it. Where storage is forbidden, a choice lasts as long as the page. */
export function store(name: Stored, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`omefree.${name}`);
    else localStorage.setItem(`omefree.${name}`, value);
  } catch {
    // as said above
  }
}

/** Forgets all of it, the page for times without a connection too: that comes back with the next visit. */
export function forgetStored(): void {
  for (const name of STORED) store(name, null);
  void forgetOffline().catch(() => undefined); // as in private windows
}

/** Keeps a page for times without a connection, and nothing else (build/offline.ts). */
export function keepOffline(): void {
  if (import.meta.env.PROD) void register().catch(() => undefined);
}

/** What browsers have and TypeScript's library does not know yet. */
interface Newer {
  readonly trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(): string }): { createScriptURL(url: string): string } };
}

async function register(): Promise<void> {
  const { trustedTypes }: Newer = globalThis as Newer;
  const policy = trustedTypes?.createPolicy("omefree-offline", { createScriptURL: () => WORKER });
  await navigator.serviceWorker.register(policy?.createScriptURL(WORKER) ?? WORKER);
}

async function forgetOffline(): Promise<void> {
  await (await navigator.serviceWorker.getRegistration())?.unregister();
  await caches.delete("omefree.offline");
}
