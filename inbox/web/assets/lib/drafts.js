// What was written and not sent, per ticket and kind, kept at every keystroke in this browser.

const LATE_MS = 3000;
const key = (ticket, mode) => `draft:${ticket}:${mode}`;

/** The draft's text, or "". */
export function draft(ticket, mode) {
  try {
    return localStorage.getItem(key(ticket, mode)) ?? "";
  } catch {
    return "";
  }
}

/** Of this browser's draft and the desk's (`{text, at}`, if it has one) the one that was written later. */
export function newer(ticket, mode, kept) {
  const here = draft(ticket, mode);
  if (!kept?.text) return here;
  try {
    const at = Number(localStorage.getItem(`${key(ticket, mode)}:at`) ?? 0);
    // What was on its way to the desk while the answer left is no newer draft.
    return Date.parse(kept.at) > at + LATE_MS ? kept.text : here;
  } catch {
    return kept.text;
  }
}

/** Keeps a draft; an empty one is forgotten. False where the browser keeps nothing. */
export function keep(ticket, mode, text) {
  try {
    const name = key(ticket, mode);
    if (text === draft(ticket, mode)) return true;
    if (text.trim()) localStorage.setItem(name, text);
    else localStorage.removeItem(name);
    localStorage.setItem(`${name}:at`, String(Date.now()));
    return true;
  } catch {
    return false;
  }
}

/** Gives text back: to the open composer of that ticket, else to its draft, before what is written there. */
export function giveBack(ticket, mode, text, files = []) {
  const before = draft(ticket, mode);
  keep(ticket, mode, before && before !== text ? `${text}\n${before}` : text);
  document.dispatchEvent(new CustomEvent("draft:back", { detail: { ticket, mode, files } }));
}
