// Hours as they are typed, drawn as a bar of the day below each field.

const SPAN = /(\d{1,2})(?:[:.](\d\d))?\s*-\s*(\d{1,2})(?:[:.](\d\d))?/g;
const SVG = "http://www.w3.org/2000/svg";

const drawn = (name, values) => {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(values)) node.setAttribute(key, value);
  return node;
};

/** The hours of a line such as "9-13, 15:00-19:00": pairs of numbers up to 24. */
export function spans(text) {
  return [...text.matchAll(SPAN)]
    .map(([, from, fromMinute, to, toMinute]) => [
      Number(from) + Number(fromMinute ?? 0) / 60,
      Number(to) + Number(toMinute ?? 0) / 60,
    ])
    .filter(([from, to]) => from < to && to <= 24);
}

/** Draws the bars of a form's days, now and whenever one is typed. */
export function follow(form) {
  for (const field of form.querySelectorAll('input[name^="week-"]')) {
    const bar = drawn("svg", {
      class: "spans",
      viewBox: "0 0 24 1",
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    });
    field.after(bar);
    const draw = () =>
      bar.replaceChildren(
        ...spans(field.value).map(([x, end]) => drawn("rect", { x, y: 0, width: end - x, height: 1 })),
      );
    field.addEventListener("input", draw);
    draw();
  }
}
