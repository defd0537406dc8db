// How many SMS a text is: GSM 03.38 septets where every character has one, else UTF-16 (3GPP TS 23.038).

const BASIC =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENDED = "^{}\\[~]|€\f";

/** Characters that force Unicode, and what says the same in GSM; letters whose sound would change are left alone. */
const PLAIN = new Map(
  Object.entries({
    "‘": "'",
    "’": "'",
    "‚": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "–": "-",
    "—": "-",
    "…": "...",
    "\u00a0": " ",
    "•": "-",
    È: "E'",
    À: "A'",
    Ì: "I'",
    Ò: "O'",
    Ù: "U'",
  }),
);

const width = (char) => (EXTENDED.includes(char) ? 2 : 1);

/** Packs characters of given widths into parts; none is cut in two. */
function packed(widths, room) {
  let parts = 1;
  let used = 0;
  for (const each of widths) {
    if (used + each > room) {
      parts += 1;
      used = 0;
    }
    used += each;
  }
  return parts;
}

/** `{used, room, parts, unicode}`: units used, units the present number of parts holds, number of SMS. */
export function segments(text) {
  const chars = [...text];
  const unicode = !chars.every((char) => BASIC.includes(char) || EXTENDED.includes(char));
  const [single, multi] = unicode ? [70, 67] : [160, 153];
  const widths = chars.map((char) => (unicode ? char.length : width(char)));
  const used = widths.reduce((sum, each) => sum + each, 0);
  const parts = used === 0 ? 0 : used <= single ? 1 : packed(widths, multi);
  return { used, room: parts > 1 ? parts * multi : single, parts, unicode };
}

/** The same words with characters that cost one septet where there is such a spelling. */
export function plain(text) {
  return [...text].map((char) => PLAIN.get(char) ?? char).join("");
}
