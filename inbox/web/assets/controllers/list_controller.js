// The ticket list: rows that come by the line find their place, without jumping under the pointer; what is mine is marked here.

import { Controller } from "@hotwired/stimulus";
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
  static values = { filter: Object, order: String, query: String, params: String, rows: String };

  initialize() {
    this.unread = new Map();
    this.pointedAt = 0;
    this.selected = null;
  }

  connect() {
    this.places = new Places(this.rowsTarget, this.orderValue, (end) => this.end(end), this.rowsValue);
    this.listeners = {
      "row:came": ({ detail }) => this.came(detail.row),
      "ticket:open": ({ detail }) => this.select(detail.ticket),
      "ticket:close": () => this.select(null),
      "ticket:read": ({ detail }) => this.setUnread(detail.ticket, 0),
      "live:unread": ({ detail }) => {
        for (const [ticket, n] of Object.entries(detail)) this.setUnread(ticket, n);
      },
      "live:typing": ({ detail }) => this.typing(detail),
      "page:refetched": () => this.refetched(),
      "turbo:before-stream-render": ({ target }) =>
        target.action === "remove" && this.leave(this.places.find(target.target)),
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
    if (this.end("more") || this.end("earlier")) this.lengthen();
  }

  /** A list that goes on beyond its page is read and drawn by what is seen of it; without that its links lead on. */
  async lengthen() {
    const { Window } = await import("../lib/window.js").catch(() => ({}));
    if (Window && this.element.isConnected) this.window = new Window(this);
  }

  /** The way to the rows before the first or after the last one, where there are any. */
  end(which) {
    return document.querySelector(`#rows-${which} [data-rows]`);
  }

  disconnect() {
    this.swiped?.then((stop) => stop?.());
    for (const [name, run] of Object.entries(this.listeners)) document.removeEventListener(name, run);
    this.window?.stop();
    clearTimeout(this.timer);
  }

  /** After a gap the page has the list's beginning: then the rows that were looked at are read again. */
  refetched() {
    this.places.take();
    this.decorateAll();
    this.window?.restore();
  }

  moreTargetConnected(more) {
    this.told(more);
  }

  /** What of these rows I have not read. */
  told(more) {
    for (const [ticket, n] of Object.entries(JSON.parse(more.dataset.unread || "{}"))) this.unread.set(ticket, n);
  }

  refetch() {
    this.failedTarget.hidden = true;
    this.window.read(...this.window.missing);
  }

  // --- rows that come ---

  /** Pointing at the list, walking it by keys, or ticking rows: nothing moves then. */
  get busy() {
    const walking = this.rowsTarget.querySelector(".conv-a:focus-visible");
    return Date.now() - this.pointedAt < STILL_MS || Boolean(walking) || this.element.matches("[data-picked]");
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
    const old = this.places.find(row.id);
    this.countUnread(row, old);
    if (!belongs(row.dataset, this.filterValue, document.body.dataset.me, old) || (this.queryValue && !old)) {
      this.leave(row);
      return;
    }
    const now = this.places.renew(old, row);
    this.decorate(now);
    if (this.busy) this.places.wait(now);
    else this.places.put(now);
    this.showPill();
    this.drawNone();
  }

  leave(row) {
    if (!row || !this.places.drop(row.id)) return;
    this.bulk?.tick([row.dataset.ticket], false);
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
    this.noneTarget.hidden = this.places.all.length > 0;
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

  decorateAll() {
    for (const row of this.rowsTarget.children) this.decorate(row);
    this.drawNone();
  }

  get bulk() {
    return this.application.getControllerForElementAndIdentifier(this.element, "bulk");
  }

  decorate(row) {
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
    if (this.bulk) row.querySelector(".check").checked = this.bulk.chosen.has(ticket);
    this.window?.number(row);
  }

  select(ticket) {
    const before = document.getElementById(`row-${this.selected}`);
    const id = `row-${ticket}`;
    this.selected = ticket === null ? null : String(ticket);
    for (const row of [before, document.getElementById(id)]) if (row) this.decorate(row);
    // Once the ticket is painted: to look where its row stands would lay out what has just come a second time.
    if (ticket !== null)
      requestAnimationFrame(() => setTimeout(() => this.selected === String(ticket) && this.show(id)));
  }

  /** Brings a row into the page and into view; undefined where the list does not have it. */
  show(id) {
    const at = this.places.all.findIndex((row) => row.id === id);
    const row = this.window ? this.window.reveal(at) : this.places.all[at];
    row?.scrollIntoView({ block: "nearest" });
    return row;
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
    const { all } = this.places;
    const from = document.activeElement.closest?.(".conv")?.id ?? this.window?.left ?? `row-${this.selected}`;
    const at = all.findIndex((row) => row.id === from);
    const link = this.show(all[Math.min(Math.max(at + by, 0), all.length - 1)]?.id)?.querySelector(".conv-a");
    link?.focus();
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

  /** Takes the ticket without agent that has waited longest: of those read, else the one that the page named. */
  next() {
    const form = document.getElementById("take-next");
    if (!form) return;
    const free = this.places.all.filter((row) => row.dataset.agent === "" && row.dataset.waiting);
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
