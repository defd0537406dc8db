// How long a text is by its channel's measure, what that costs, and whether it fits.

import { plain, segments } from "./sms.js";
import { money, say } from "./words.js";

const units = {
  characters: (text) => [...text].length,
  utf16: (text) => text.length,
  bytes: (text) => new TextEncoder().encode(text).length,
};

function sms(text, limits) {
  const measured = segments(text);
  const limit = Number(limits.limit);
  const over = limit ? [...text].length - limit : 0;
  return {
    ...measured,
    show: text !== "",
    price: limits.cost && measured.parts ? money(limits.cost * measured.parts, limits.currency) : "",
    saves: measured.unicode ? Math.max(0, measured.parts - segments(plain(text)).parts) : 0,
    wrong: over > 0 ? say("too_long", { n: over }) : "",
  };
}

/** What the composer's meter draws, or null where the channel sets no limit. */
export function meter(text, limits) {
  if (limits?.segments) return sms(text, limits);
  const room = Number(limits?.limit);
  if (!room) return null;
  const used = (units[limits.unit] ?? units.characters)(text);
  const wrong = used > room ? say("too_long", { n: used - room }) : "";
  return { used, room, parts: 0, unicode: false, price: "", saves: 0, show: used > room * 0.7, wrong };
}
