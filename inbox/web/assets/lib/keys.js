// Names for messages before the desk has given them a number.

/** A key for one message: random, also where the page came without TLS and has no randomUUID. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
