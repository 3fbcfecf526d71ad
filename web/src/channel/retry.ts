// The time between two attempts to connect.

const FIRST_MS = 500;
const LONGEST_MS = 10_000;
const SPREAD = 0.5; // each way: a restarted server must not meet everybody at once

/**
 * How many milliseconds to wait before attempt `attempt` (from 0), never less than the server asked for. `random` is in
 * [0, 1). `retryAfterS` is null if the server did not say.
 */
export function retryDelayMs(attempt: number, random: number, retryAfterS: number | null): number {
  const base = Math.min(FIRST_MS * 2 ** attempt, LONGEST_MS);
  const spread = base * (1 - SPREAD + 2 * SPREAD * random);
  return retryAfterS === null ? spread : retryAfterS * 1000 + spread;
}
