// The ticket list: rows that come by the line find their place, without jumping under the pointer; what is mine is marked here.

import { Controller } from "@hotwired/stimulus";
import { morphElements, renderStreamMessage } from "@hotwired/turbo";
import { belongs, compare } from "../lib/order.js";
import { Places } from "../lib/places.js";
import { say } from "../lib/words.js";

const STILL_MS = 2500;
const watch =
  (rows) =>
  ({ watchSwipes, take }) =>
    watchSwipes(rows, take);

export default class extends Controller {
  static targets = ["rows", "more", "none", "pill", "scroller", "failed"];
  static values = { filter: Object, order: String, query: String, params: String };

  initialize() {
    this.unread = new Map();
    this.drawn = new WeakSet();
    this.pointedAt = 0;
    this.selected = null;
  }

  connect() {
    this.places = new Places(
      this.rowsTarget,
      this.orderValue,
      () => this.hasMoreTarget && this.moreTarget.querySelector("[data-rows]"),
    );
    this.listeners = {
      "row:came": ({ detail }) => this.came(detail.row),
      "ticket:open": ({ detail }) => this.select(detail.ticket),
      "ticket:close": () => this.select(null),
      "ticket:read": ({ detail }) => this.setUnread(detail.ticket, 0),
      "live:unread": ({ detail }) => {
        for (const [ticket, n] of Object.entries(detail)) this.setUnread(ticket, n);
      },
      "live:typing": ({ detail }) => this.typing(detail),
      "page:refetched": () => this.decorateAll(),
      "command:down": () => this.step(1),
      "command:up": () => this.step(-1),
      "command:select": () => this.tick(),
      "command:next": () => this.next(),
    };
    for (const [name, run] of Object.entries(this.listeners)) document.addEventListener(name, run);
    const open = document.querySelector("[data-thread-ticket-value]");
    this.selected = open ? open.dataset.threadTicketValue : null;
    this.decorateAll();
    if (matchMedia("(pointer: coarse)").matches)
      this.swiped = import("../lib/swipe.js").then(watch(this.rowsTarget), () => {});
  }

  disconnect() {
    this.swiped?.then((stop) => stop?.());
    for (const [name, run] of Object.entries(this.listeners)) document.removeEventListener(name, run);
    this.watcher?.disconnect();
    clearTimeout(this.timer);
  }

  moreTargetConnected(more) {
    for (const [ticket, n] of Object.entries(JSON.parse(more.dataset.unread || "{}"))) this.unread.set(ticket, n);
    if (this.hasRowsTarget) this.decorateNew();
    const link = more.querySelector("[data-rows]");
    this.watcher?.disconnect();
    if (!link) return;
    this.watcher = new IntersectionObserver(([seen]) => seen.isIntersecting && this.load(link), {
      root: this.scrollerTarget,
      rootMargin: "400px",
    });
    this.watcher.observe(link);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      this.load(link);
    });
  }

  async load(link) {
    if (link.ariaBusy === "true") return;
    link.ariaBusy = "true";
    try {
      const answer = await fetch(link.dataset.rows, { headers: { Accept: "text/vnd.turbo-stream.html" } });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      renderStreamMessage(await answer.text());
    } catch {
      link.ariaBusy = "false";
      this.failedTarget.hidden = false;
    }
  }

  refetch() {
    this.failedTarget.hidden = true;
    const link = this.moreTarget.querySelector("[data-rows]");
    if (link) this.load(link);
  }

  // --- rows that come ---

  /** Pointing at the list, walking it by keys, or ticking rows: nothing moves then. */
  get busy() {
    const walking = this.rowsTarget.querySelector(".conv-a:focus-visible");
    return (
      Date.now() - this.pointedAt < STILL_MS ||
      Boolean(walking) ||
      Boolean(this.rowsTarget.querySelector(".check:checked"))
    );
  }

  pointed() {
    this.pointedAt = Date.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.busy || this.settle(), STILL_MS + 50);
  }

  left() {
    this.pointedAt = 0;
    if (!this.busy) this.settle();
  }

  came(row) {
    const old = document.getElementById(row.id);
    this.countUnread(row, old);
    if (!belongs(row.dataset, this.filterValue, document.body.dataset.me) || (this.queryValue && !old)) {
      this.places.forget(row);
      if (old) this.leave(old);
      return;
    }
    if (old) morphElements(old, row);
    const now = old ?? row;
    if (!old) this.decorate(now);
    else this.decorate(old);
    if (this.busy) this.places.wait(now);
    else this.places.put(now);
    this.showPill();
    this.drawNone();
  }

  leave(row) {
    row.remove();
    this.drawNone();
  }

  settle() {
    this.places.settle();
    this.showPill();
    this.drawNone();
  }

  showPill() {
    const n = this.places.coming;
    this.pillTarget.hidden = n === 0;
    this.pillTarget.textContent = say(n === 1 ? "new_row" : "new_rows", { n });
  }

  drawNone() {
    this.noneTarget.hidden = this.rowsTarget.children.length > 0;
  }

  // --- what is mine ---

  countUnread(row, old) {
    const ticket = row.dataset.ticket;
    const before = Number(old?.dataset.lastIn ?? this.places.waiting(row)?.dataset.lastIn ?? 0);
    if (Number(row.dataset.lastIn) <= before) return;
    if (ticket === this.selected && !document.hidden) return;
    if (!old && !row.dataset.waiting) return;
    this.unread.set(ticket, (this.unread.get(ticket) ?? 0) + 1);
  }

  setUnread(ticket, n) {
    this.unread.set(String(ticket), n);
    const row = document.getElementById(`row-${ticket}`);
    if (row) this.decorate(row);
  }

  /** Of a long list only the rows that have just come. */
  decorateNew() {
    for (const row of this.rowsTarget.children) if (!this.drawn.has(row)) this.decorate(row);
    this.drawNone();
  }

  decorateAll() {
    for (const row of this.rowsTarget.children) this.decorate(row);
    this.drawNone();
  }

  decorate(row) {
    this.drawn.add(row);
    const { ticket } = row.dataset;
    const n = this.unread.get(ticket) ?? 0;
    const badge = row.querySelector("[data-unread]");
    badge.hidden = n === 0;
    badge.textContent = n;
    badge.ariaLabel = say("unread", { n });
    badge.role = "img";
    row.classList.toggle("unread", n > 0);
    row.classList.toggle("sel", ticket === this.selected);
    const link = row.querySelector(".conv-a");
    if (ticket === this.selected) link.ariaCurrent = "true";
    else link.removeAttribute("aria-current");
    link.search = this.paramsValue;
  }

  select(ticket) {
    const before = document.getElementById(`row-${this.selected}`);
    this.selected = ticket === null ? null : String(ticket);
    for (const row of [before, document.getElementById(`row-${ticket}`)]) if (row) this.decorate(row);
    document.getElementById(`row-${ticket}`)?.scrollIntoView({ block: "nearest" });
  }

  typing({ ticket, agent, name }) {
    if (agent) return;
    const place = document.querySelector(`#row-${Number(ticket)} [data-typing]`);
    if (!place) return;
    place.textContent = say("customer_writing", { name });
    place.hidden = false;
    clearTimeout(place.timer);
    place.timer = setTimeout(() => {
      place.hidden = true;
    }, 4000);
  }

  // --- keys ---

  step(by) {
    const links = [...this.rowsTarget.querySelectorAll(".conv-a")];
    const from = document.activeElement.closest?.(".conv") ?? document.getElementById(`row-${this.selected}`);
    const at = links.findIndex((link) => link.closest(".conv") === from);
    const link = links[Math.min(Math.max(at + by, 0), links.length - 1)];
    link?.focus();
    link?.scrollIntoView({ block: "nearest" });
    this.foresee(link);
  }

  /** Who stands on a row by the keyboard will open it, as who points at it: Turbo fetches it then, and drops the last. */
  foresee(link) {
    this.foreseen?.dispatchEvent(new MouseEvent("mouseleave"));
    this.foreseen = link;
    link?.dispatchEvent(new MouseEvent("mouseenter"));
  }

  tick() {
    const row = document.activeElement.closest?.(".conv") ?? document.getElementById(`row-${this.selected}`);
    row?.querySelector(".check")?.click();
  }

  /** Takes the ticket without agent that has waited longest: of those listed, else the one that the page named. */
  next() {
    const form = document.getElementById("take-next");
    if (!form) return;
    const free = [...this.rowsTarget.children].filter((row) => row.dataset.agent === "" && row.dataset.waiting);
    const [first] = free.sort((a, b) => compare(a.dataset, b.dataset, "waiting"));
    const id = first?.dataset.ticket ?? form.dataset.first;
    form.action = form.dataset.assign.replace("/0/", `/${id}/`);
    form.dataset.shows = form.dataset.show.replace(/\/0$/, `/${id}`);
    form.requestSubmit();
  }

  taken(event) {
    const frame = document.getElementById("thread");
    if (event.detail.success && frame) frame.src = event.target.dataset.shows;
  }
}
