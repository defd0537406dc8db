// Marks in the text of an answer, set and taken off: the desk renders them as each channel can show them.

const WRAPS = { bold: "**", italic: "_" };
const KEYS = { b: "bold", i: "italic" };

function changed(field) {
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Puts a mark around what is selected, or takes it off; with nothing selected the caret stands between two. */
export function mark(field, name) {
  const wrap = WRAPS[name];
  const size = wrap.length;
  const { selectionStart: start, selectionEnd: end, value } = field;
  const inside = value.slice(start, end);
  field.focus();
  if (value.slice(start - size, start) === wrap && value.slice(end, end + size) === wrap) {
    field.setRangeText(inside, start - size, end + size, "select");
  } else {
    const [, before, words, after] = /^(\s*)([\s\S]*?)(\s*)$/.exec(inside);
    field.setRangeText(`${before}${wrap}${words}${wrap}${after}`, start, end, "select");
    const from = start + before.length + size;
    field.setSelectionRange(from, from + words.length);
  }
  changed(field);
}

/** True where the key was for a mark. */
export function key(field, event) {
  const name = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && KEYS[event.key.toLowerCase()];
  if (!name) return false;
  event.preventDefault();
  mark(field, name);
  return true;
}

/** An address pasted over words makes them a link. */
export function paste(field, event) {
  const address = event.clipboardData.getData("text/plain").trim();
  const words = field.value.slice(field.selectionStart, field.selectionEnd);
  if (!/^https?:\/\/[^\s()<>"]+$/.test(address) || !words.trim() || /[[\]\n]|^https?:/.test(words)) return;
  event.preventDefault();
  field.setRangeText(`[${words}](${address})`, field.selectionStart, field.selectionEnd, "end");
  changed(field);
}

/** Words as a quotation. */
export function quoted(words) {
  const lines = words.trim().split("\n");
  return `${lines.map((line) => `> ${line}`).join("\n")}\n\n`;
}
