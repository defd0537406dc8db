// A finger drawn over a row: to the left it is snoozed, to the right resolved. An extra beside the keys, the menus and the ticks.

const FAR = 88;
const SURE = 12;
/** Which side a row was drawn to → the button of the bar over the list that it presses; its picture is shown beneath. */
const BUTTONS = {
  left: '[popovertarget="bulk-snooze"]',
  right: '#bulk :is([name="action"], [popovertarget="bulk-resolve"])',
};

/** Watches the rows of a list; `done(row, side)` is called with "left" or "right". Returns what ends it. */
export function watchSwipes(list, done) {
  let from;
  list.style.touchAction = "pan-y";
  const rest = () => {
    if (from) draw(from.row, 0);
    from = undefined;
  };
  const on = {
    touchstart: ({ touches, target }) => {
      rest();
      const row = target.closest(".conv");
      if (row && touches.length === 1) from = { row, x: touches[0].clientX, y: touches[0].clientY, by: 0 };
    },
    touchmove: ({ touches }) => {
      if (!from) return;
      const x = touches[0].clientX - from.x;
      if (!from.by && Math.abs(touches[0].clientY - from.y) > SURE) return rest();
      if (!from.by && Math.abs(x) < SURE) return;
      from.by = x;
      draw(from.row, Math.sign(x) * Math.min(Math.abs(x), FAR));
    },
    touchend: () => {
      const { row, by } = from ?? {};
      rest();
      if (Math.abs(by) >= FAR) done(row, by < 0 ? "left" : "right");
    },
    touchcancel: rest,
  };
  for (const [name, run] of Object.entries(on)) list.addEventListener(name, run, { passive: true });
  return () => {
    for (const [name, run] of Object.entries(on)) list.removeEventListener(name, run);
  };
}

/** Draws a row aside, and beneath it the picture of what letting go at the end will do. */
function draw(row, by) {
  const side = by < 0 ? "left" : "right";
  row.querySelector(".conv-a").style.transform = by ? `translateX(${by}px)` : "";
  if (row.dataset.swipe === (by ? side : undefined)) return;
  row.querySelector(".swipe")?.remove();
  delete row.dataset.swipe;
  if (!by) return;
  row.dataset.swipe = side;
  const picture = document.createElement("span");
  picture.className = "swipe";
  picture.append(document.querySelector(`${BUTTONS[side]} svg`).cloneNode(true));
  row.prepend(picture);
}

let own;

/** Ticks that row alone and presses what the bar over the list has for it; nothing happens to rows that a person ticked. */
export function take(row, side) {
  if (own?.checked && own.isConnected) own.click();
  if (document.querySelector("#list[data-picked]")) return;
  own = row.querySelector(".chk .check");
  own.click();
  document.querySelector(BUTTONS[side]).click();
}
