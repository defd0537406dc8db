// Where a popover stands: beside what opened it, on the other side where there is no room, never beyond the window.

const GAP = 6;
const EDGE = 8;
const LEAST = 160; // so high at least, however little room there is: what is longer scrolls

/** Places a popover at "bottom" or "top" of an element, with "-start" or "-end" along that edge, else in its middle. */
export function place(element, anchor, placement) {
  const { style } = element;
  if (anchor === document.body) {
    style.left = `${(innerWidth - element.offsetWidth) / 2}px`;
    style.top = `${(innerHeight - element.offsetHeight) / 3}px`;
    return;
  }
  style.maxHeight = "";
  const box = anchor.getBoundingClientRect();
  const seen = window.visualViewport ?? { offsetTop: 0, height: innerHeight }; // a phone's keyboard takes its part
  const floor = seen.offsetTop + seen.height - EDGE;
  const room = { top: box.top - GAP - seen.offsetTop - EDGE, bottom: floor - GAP - box.bottom };
  const [side, along] = placement.split("-");
  const other = side === "top" ? "bottom" : "top";
  const at = element.offsetHeight > room[side] && room[other] > room[side] ? other : side;
  style.maxHeight = `${Math.max(room[at], LEAST)}px`;
  const { offsetWidth: width, offsetHeight: height } = element;
  const left = { start: box.left, end: box.right - width }[along] ?? box.left + (box.width - width) / 2;
  const top = at === "top" ? box.top - GAP - height : box.bottom + GAP;
  const within = (value, least, most) => Math.max(least, Math.min(value, most));
  style.left = `${within(left, EDGE, document.documentElement.clientWidth - EDGE - width)}px`;
  style.top = `${within(top, seen.offsetTop + EDGE, floor - height)}px`;
}
