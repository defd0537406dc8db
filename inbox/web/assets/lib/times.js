// Writes every <time data-form> in the desk's zone and the reader's language, and keeps them fresh.

import { locale, say } from "./words.js";

const formats = new Map();

/** A formatter of the desk's zone, made once per language and options. */
function format(options) {
  const zone = document.documentElement.dataset.zone || undefined;
  const key = `${locale()} ${zone} ${JSON.stringify(options)}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale(), { timeZone: zone, ...options }));
  return formats.get(key);
}

const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const upper = (words) => words.charAt(0).toLocaleUpperCase(locale()) + words.slice(1);

/** The day of `date` in the desk's zone, as a number of days; two of them can be subtracted. */
export function dayNumber(date) {
  const parts = Object.fromEntries(
    format({ year: "numeric", month: "numeric", day: "numeric" })
      .formatToParts(date)
      .map(({ type, value }) => [type, Number(value)]),
  );
  return Date.UTC(parts.year, parts.month - 1, parts.day) / 86_400_000;
}

/** A span of seconds as 45s, 18m, 2h 10m, 3d 4h. */
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  const pair = (big, n, small, m) => say(big, { n }) + (m ? ` ${say(small, { n: m })}` : "");
  if (s < 60) return say("seconds", { n: s });
  if (s < 3600) return say("minutes", { n: Math.floor(s / 60) });
  if (s < 86_400) return pair("hours", Math.floor(s / 3600), "minutes", Math.floor((s % 3600) / 60));
  return pair("days", Math.floor(s / 86_400), "hours", s < 604_800 ? Math.floor((s % 86_400) / 3600) : 0);
}

const forms = {
  clock: (date) => format(CLOCK).format(date),
  full: (date) => format({ day: "numeric", month: "short", year: "numeric", ...CLOCK }).format(date),
  stamp: (date) => format({ day: "numeric", month: "short", ...CLOCK }).format(date),
  month: (date) => format({ month: "short", year: "numeric" }).format(date),
  wait: (date) => (Date.now() - date < 60_000 ? say("now") : span((Date.now() - date) / 1000)),
  left: (date) => span((date - Date.now()) / 1000),
  due: (date) => {
    const left = (date - Date.now()) / 1000;
    if (left < 0) return `−${span(-left)}`;
    return left < 120 && left >= 60 ? `${span(60)} ${say("seconds", { n: Math.floor(left - 60) })}` : span(left);
  },
  ahead: (date) => format({ weekday: "short", ...CLOCK }).format(date),
  date: (date) => {
    const recent = dayNumber(new Date()) - dayNumber(date) < 180;
    return format(recent ? { day: "numeric", month: "short" } : { month: "short", year: "numeric" }).format(date);
  },
  day: (date) => {
    const ago = dayNumber(new Date()) - dayNumber(date);
    if (ago > 1 || ago < 0) {
      const year = ago > 300 ? { year: "numeric" } : {};
      return upper(format({ weekday: "long", day: "numeric", month: "long", ...year }).format(date));
    }
    return `${say(ago ? "yesterday" : "today")}, ${format({ day: "numeric", month: "long" }).format(date)}`;
  },
  short: (date) => {
    const ago = dayNumber(new Date()) - dayNumber(date);
    if (ago === 0) return forms.clock(date);
    if (ago === 1) return say("yesterday");
    if (ago > 1 && ago < 7) return format({ weekday: "short" }).format(date);
    const year = Math.abs(ago) > 300 ? { year: "numeric" } : {};
    return format({ day: "numeric", month: "short", ...year }).format(date);
  },
};

let soonest = null;

/** Colours a clock and turns its ring; one whose end is near is looked at every second. */
function turn(element, date) {
  const place = element.closest("[data-since]");
  const now = Date.now();
  const { since, soon } = place.dataset;
  place.classList.toggle("late", date < now);
  place.classList.toggle("soon", date >= now && soon * 1000 <= now);
  const share = (now - since * 1000) / (date - since * 1000);
  const ring = `${Math.round(100 * Math.min(1, Math.max(0, share)))} 100`;
  place.querySelector("[pathLength]").setAttribute("stroke-dasharray", ring);
  if (Math.abs(date - now) < 120_000 && !soonest)
    soonest = setTimeout(() => {
      soonest = null;
      if (!document.hidden) all(document, "due");
    }, 1000);
}

/** Writes one <time>. A date without an hour is taken at noon, so that no zone moves it to another day. */
export function write(element) {
  const given = element.dateTime;
  const date = new Date(given.length === 10 ? `${given}T12:00:00Z` : given);
  const form = forms[element.dataset.form];
  if (!form || Number.isNaN(date.getTime())) return;
  const text = form(date);
  if (element.dataset.form === "due") turn(element, date);
  if (element.textContent !== text) element.textContent = text;
  const title = format({ dateStyle: "full", timeStyle: "short" }).format(date);
  if (given.length > 10 && element.title !== title) element.title = title;
}

function all(root, form) {
  const times = form ? `time[data-form="${form}"]` : "time[data-form]";
  if (root.matches?.(times)) write(root);
  for (const element of root.querySelectorAll?.(times) ?? []) write(element);
}

/** Writes what stands on the page, what comes, and again every 15 s what ages. */
export function startTimes() {
  all(document);
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      const near = (target.nodeType === 1 ? target : target.parentElement)?.closest("time[data-form]");
      if (near) write(near);
      for (const node of addedNodes) if (node.nodeType === 1) all(node);
    }
  }).observe(document.documentElement, {
    subtree: true,
    childList: true,
    characterData: true,
    attributeFilter: ["datetime"],
  });
  setInterval(() => document.hidden || all(document), 15_000);
  document.addEventListener("visibilitychange", () => document.hidden || all(document));
}
