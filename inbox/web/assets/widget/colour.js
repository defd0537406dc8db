// A brand colour made dark enough for white text on it.

const WHITE_TEXT = 4.5;

/** Relative luminance (WCAG 2) of three channels 0..255. */
const luminance = (rgb) => {
  const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

/** `#rrggbb`, the same hue as `colour`, at least 4.5:1 against white. Anything else than `#rgb` or `#rrggbb` gives petrol. */
export const readable = (colour) => {
  const hex = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(String(colour || "").trim());
  const digits = hex ? (hex[1].length === 3 ? hex[1].replace(/./g, "$&$&") : hex[1]) : "0b6e75";
  let rgb = [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16));
  while (1.05 / (luminance(rgb) + 0.05) < WHITE_TEXT) rgb = rgb.map((c) => Math.floor(c * 0.96));
  return `#${rgb.map((c) => c.toString(16).padStart(2, "0")).join("")}`;
};
