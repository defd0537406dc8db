// What was written and not sent, per ticket and kind, kept at every keystroke in this browser.

const key = (ticket, mode) => `draft:${ticket}:${mode}`;

/** The draft's text, or "". */
export function draft(ticket, mode) {
  try {
    return localStorage.getItem(key(ticket, mode)) ?? "";
  } catch {
    return "";
  }
}

/** Keeps a draft; an empty one is forgotten. False where the browser keeps nothing. */
export function keep(ticket, mode, text) {
  try {
    if (text.trim()) localStorage.setItem(key(ticket, mode), text);
    else localStorage.removeItem(key(ticket, mode));
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
