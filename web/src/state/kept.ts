// What was kept on this device, read back: it may be anything.

/** The fields of a kept object; none if it is not one. */
export function parsed(kept: string | null): Readonly<Record<string, unknown>> {
  try {
    const told: unknown = JSON.parse(kept ?? "{}");
    return typeof told === "object" && told !== null ? (told as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
