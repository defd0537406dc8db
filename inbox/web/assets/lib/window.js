// Of a long list only what is seen is in the page: pages are read as their reader comes near an end, rows far from the
// view are put away, and room of their height stands for them.

const PAGE = 50;
const NEAR = 12; // so many rows beyond the view are at hand
const AHEAD = 30; // and so many are read
const middle = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1] ?? 0;

// How the page was come to: "restore" where that was by going back, or by loading it again.
let visit = performance.getEntriesByType("navigation")[0]?.type === "navigate" ? "advance" : "restore";
document.addEventListener("turbo:visit", ({ detail }) => {
  visit = detail.action;
});

export class Window {
  /** Takes the list's controller. */
  constructor(owner) {
    const { element: list, places, paramsValue: params } = owner;
    Object.assign(this, { owner, list, places, params });
    this.rows = places.list;
    this.scroller = this.rows.parentElement;
    this.scroller.style.overflowAnchor = "none"; // what is seen is kept in its place here
    this.marks = [];
    this.head = this.rows.offsetTop;
    places.draw = () => this.draw();
    this.ending = new AbortController();
    const { signal } = this.ending;
    const on = (where, name, run) => where.addEventListener(name, run, { signal, passive: name === "scroll" });
    const soon = () => {
      this.asked ??= requestAnimationFrame(() => {
        this.asked = undefined;
        this.follow();
      });
    };
    on(this.scroller, "scroll", soon);
    on(list, "keydown", (event) => this.key(event));
    on(list, "click", (event) => this.press(event));
    on(document, "list:left", () => this.keep(true));
    on(window, "pagehide", () => this.keep());
    on(document, "turbo:before-cache", () => this.keep());
    this.sized = new ResizeObserver(soon);
    this.sized.observe(this.scroller);
    this.sized.observe(this.rows);
    this.restore(this.kept());
  }

  stop() {
    this.ending.abort();
    this.sized.disconnect();
    cancelAnimationFrame(this.asked);
  }

  // --- what is in the page ---

  /** The first and last row that are seen, and where the view begins; all rows are equally high. */
  look(head = 0) {
    this.height = this.rows.firstElementChild?.getBoundingClientRect().height || this.height;
    const top = this.scroller.scrollTop + head - this.head;
    const first = Math.max(0, Math.floor(top / this.height));
    return { first, top, last: Math.ceil((top + this.scroller.clientHeight) / this.height) };
  }

  /** By how many rows those that are seen have moved in the list; one of them alone has moved by itself. */
  get shift() {
    const at = new Map(this.marks.map(([row], n) => [row, n]));
    const moves = [];
    for (const [n, { id }] of this.places.all.entries()) if (at.has(id)) moves.push(n - this.marks[at.get(id)][1]);
    return middle(moves);
  }

  /** Puts rows far from the view away, brings those near it back, keeps their room, and what is seen where it is. */
  draw(hold = false) {
    const { all } = this.places;
    const head = this.rows.offsetTop - this.head; // the way to earlier rows stands above them, while there is one
    this.head += head;
    const { first, last, top } = this.look(head);
    const by = hold || top > 0 ? this.shift : 0;
    const most = Math.max(0, all.length - PAGE);
    this.from = Math.min(most, Math.floor(Math.max(0, first + by - NEAR) / PAGE) * PAGE);
    this.to = Math.ceil((last + by + NEAR) / PAGE) * PAGE;
    for (const [n, row] of all.entries()) {
      const away = n < this.from || n >= this.to;
      if (away === row instanceof Element) all[n] = away ? this.away(row) : this.back(row);
    }
    const shown = all.slice(this.from, this.to);
    this.places.show(shown);
    const { style } = this.rows;
    style.paddingTop = `${this.from * this.height}px`;
    style.paddingBottom = `${Math.max(0, all.length - this.to) * this.height}px`;
    if (by || (head && top > 0)) this.scroller.scrollTop += by * this.height + head;
    for (const [n, row] of shown.entries()) this.number(row, this.from + n);
    this.mark(first + by);
  }

  /** Remembers which rows are seen, and the place to come back to. */
  mark(first) {
    const { all } = this.places;
    this.marks = [0, 1, 2].filter((n) => all[first + n]).map((n) => [all[first + n].id, first + n]);
    const way = all.slice(0, first + 1).findLast((row) => row.way)?.way;
    const by = this.scroller.scrollTop - this.head - first * this.height;
    this.here = { way, row: all[first]?.id, by };
  }

  /** Says which row of how many it is, as far as that is known. */
  number(row, at = this.places.all.indexOf(row)) {
    const { all, more } = this.places;
    row.ariaPosInSet = more("earlier") ? null : at + 1;
    row.ariaSetSize = more("earlier") || more("more") ? -1 : all.length;
  }

  away(row) {
    if (row.contains(document.activeElement)) {
      this.left = row.id; // who walks by keys walks on from there
      this.scroller.focus({ preventScroll: true });
    }
    return { id: row.id, dataset: { ...row.dataset }, html: row.outerHTML, way: row.way };
  }

  back({ id, html, way }) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const row = Object.assign(document.importNode(holder.content.firstElementChild, true), { way });
    this.owner.decorate(row);
    if (this.left === id && document.activeElement === this.scroller) this.again = row;
    return row;
  }

  follow() {
    if (!this.scroller.clientHeight) return; // a phone shows the ticket now
    const { first, last } = this.look();
    const { all, more } = this.places;
    const inside = this.from <= Math.max(0, first - NEAR / 2) && Math.min(all.length, last + NEAR / 2) <= this.to;
    if (inside) this.mark(first);
    else this.draw();
    this.again?.querySelector(".conv-a").focus({ preventScroll: true });
    this.again = undefined;
    if (first < AHEAD && more("earlier")) this.read("earlier");
    else if (last > all.length - AHEAD && more("more")) this.read("more");
  }

  /** Scrolls so far that a row is in the page, by its number; returns the row. */
  reveal(n) {
    if (n >= 0 && !(this.places.all[n] instanceof Element)) {
      this.scroller.scrollTop = this.head + n * this.height - this.scroller.clientHeight / 2;
      this.draw();
    }
    return this.places.all[n];
  }

  // --- what is read ---

  /** Reads the page before the rows ("earlier"), after them ("more"), or one in place of all ("whole"). */
  async read(way, address = this.list.querySelector(`#rows-${way} [data-rows]`).dataset.rows) {
    if (this.reading && way !== "whole") return;
    await this.reading;
    this.reading = this.fetch(way, address);
    await this.reading;
    this.reading = undefined;
  }

  async fetch(way, address) {
    try {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const holder = document.createElement("template");
      holder.innerHTML = await answer.text();
      if (!this.ending.signal.aborted) this.add(way, document.importNode(holder.content, true), address);
    } catch {
      this.missing = [way, address];
      this.owner.failedTarget.hidden = false;
    }
  }

  add(way, page, address) {
    const { places } = this;
    const known = new Set(way === "whole" ? [] : places.all.map((row) => row.id));
    const fresh = [...page.querySelectorAll(".conv")].filter((row) => !known.has(row.id));
    for (const row of fresh) row.way = address;
    this.owner.told(page.querySelector("#rows-more"));
    for (const end of ["earlier", "more"])
      if (way === end || way === "whole")
        this.list.querySelector(`#rows-${end}`).replaceWith(page.querySelector(`#rows-${end}`));
    if (way === "whole") [places.all, this.marks] = [fresh, []];
    else places.all = way === "more" ? [...places.all, ...fresh] : [...fresh, ...places.all];
    for (const row of fresh) this.owner.decorate(row);
    this.draw(way === "earlier");
  }

  press(event) {
    const link = event.target.closest("[data-rows]");
    if (!link) return;
    event.preventDefault();
    this.read(link.parentElement.id.slice("rows-".length));
  }

  /** Home and End: the very first and the very last row. */
  async key(event) {
    const way = { Home: "earlier", End: "more" }[event.key];
    if (!way || event.shiftKey || !this.scroller.contains(event.target)) return;
    event.preventDefault();
    const home = way === "earlier";
    if (this.places.more(way)) await this.read("whole", home ? this.places.way : `${this.places.way}&until=end`);
    this.scroller.scrollTop = home ? 0 : this.scroller.scrollHeight;
    this.draw();
    this.places.all
      .at(home ? 0 : -1)
      ?.querySelector(".conv-a")
      .focus({ preventScroll: true });
  }

  // --- where one was ---

  /** Remembers the place for whoever reloads the page, or comes `back` to the list. */
  keep(back = false) {
    if (this.here) sessionStorage.setItem(`list?${this.params}`, JSON.stringify({ ...this.here, back }));
  }

  /** Reads what was seen before, and shows it where it was. */
  async restore({ way, row, by } = this.here ?? {}) {
    if (!way || !row) return;
    if (way !== this.places.way || !this.places.find(row)) await this.read("whole", way);
    const n = this.places.all.findIndex((each) => each.id === row);
    if (n < 0) return;
    if (n > this.places.all.length - AHEAD && this.places.more("more")) await this.read("more");
    this.look();
    this.scroller.scrollTop = this.head + n * this.height + by;
    this.draw();
  }

  /** The place that was left, for whoever comes back to it. */
  kept() {
    const key = `list?${this.params}`;
    const left = JSON.parse(sessionStorage.getItem(key) ?? "{}");
    sessionStorage.removeItem(key);
    return left.back || visit === "restore" ? left : {};
  }
}
