// The sentences that the code says, as the page gave them in the reader's language.

let source = null;
let words = {};

/** The sentence called `key`, its `{names}` filled from `values`; the key itself where the page has none. */
export function say(key, values = {}) {
  const element = document.getElementById("strings");
  if (element && element !== source) {
    source = element;
    words = JSON.parse(element.textContent);
  }
  const sentence = words[key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The reader's language as browsers know it; English with the 24 hour clock. */
export function locale() {
  const lang = document.documentElement.lang || "en";
  return lang === "en" ? "en-GB" : lang;
}

/** Money of an amount and an ISO 4217 code. */
export function money(amount, currency) {
  const form = {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: 2,
    maximumFractionDigits: 3,
  };
  const parts = new Intl.NumberFormat(locale(), form).formatToParts(amount);
  const symbol = parts.find(({ type }) => type === "currency").value;
  const digits = parts.filter(({ type }) => !["currency", "literal"].includes(type)).map(({ value }) => value);
  return say("money", { symbol, amount: digits.join("") });
}

/** Bytes as people read them. */
export function size(bytes) {
  const units = [
    ["megabyte", 1e6],
    ["kilobyte", 1e3],
    ["byte", 1],
  ];
  const [unit, each] = units.find(([, least]) => bytes >= least) ?? units[2];
  const value = bytes / each;
  const form = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: value < 10 ? 1 : 0 };
  return new Intl.NumberFormat(locale(), form).format(value);
}
