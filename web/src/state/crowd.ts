// How many are here, in words: a small number would only discourage, and one is the visitor.

const MANY = 10; // from here on the number is shown; arbitrary

/** `null`: we do not know. */
export type Crowd = "alone" | "few" | "many" | null;

/** The words for this count of visitors, ourselves among them. */
export function crowdOf(online: number | null): Crowd {
  if (online === null) return null;
  if (online <= 1) return "alone";
  return online < MANY ? "few" : "many";
}
