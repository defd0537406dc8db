// The rows of a list in their order, and those that wait because somebody is pointing at it. A row that is put away
// (see window.js) is here its id, its data and its HTML.

import { morphElements } from "@hotwired/turbo";
import { compare } from "./order.js";

export class Places {
  /** `more` tells whether there are rows beyond an end, `way` is the address of those that stand in the page. */
  constructor(list, sort, more, way) {
    Object.assign(this, { list, sort, more, way });
    this.late = new Map();
    this.take();
  }

  /** What stands in the page is the whole list. */
  take() {
    this.all = [...this.list.children];
    for (const row of this.all) row.way = this.way;
  }

  /** Of a long list the window draws a part (window.js). */
  draw() {
    this.show(this.all);
  }

  /** Brings the page to these rows; a row that stays is not touched. */
  show(rows) {
    const stay = new Set(rows);
    for (const row of [...this.list.children]) if (!stay.has(row)) row.remove();
    let at = this.list.firstElementChild;
    for (const row of rows) {
      if (row === at) at = at.nextElementSibling;
      else this.list.insertBefore(row, at);
    }
  }

  find(id) {
    return this.all.find((row) => row.id === id);
  }

  /** How many rows that are not in the list yet wait for it to rest. */
  get coming() {
    return [...this.late.keys()].filter((id) => !this.find(id)).length;
  }

  waiting(row) {
    return this.late.get(row.id);
  }

  wait(row) {
    if (!this.stands(row)) this.late.set(row.id, row);
  }

  /** Brings a row to what has come of it; one that is put away, or not there, is the new one from now on. */
  renew(old, row) {
    if (old instanceof Element) {
      morphElements(old, row);
      return old;
    }
    if (old) this.all[this.all.indexOf(old)] = Object.assign(row, { way: old.way });
    return row;
  }

  /** Takes a row out; false where it was not there. */
  drop(id) {
    this.late.delete(id);
    const rest = this.all.filter((row) => row.id !== id);
    if (rest.length === this.all.length) return false;
    this.all = rest;
    this.draw();
    return true;
  }

  /** One that has come into the list by another way since then, newer, is not put there a second time. */
  settle() {
    for (const row of this.late.values()) if ((this.find(row.id) ?? row) === row) this.put(row);
    this.late.clear();
  }

  /** True where a row is between the right neighbours. */
  stands(row) {
    const at = this.all.indexOf(row);
    const right = (a, b) => !a || !b || compare(a.dataset, b.dataset, this.sort) <= 0;
    return at >= 0 && right(this.all[at - 1], row) && right(row, this.all[at + 1]);
  }

  /** Puts a row where the order says; beyond the rows read it comes with them. */
  put(row) {
    this.late.delete(row.id);
    if (this.stands(row)) return;
    const rest = this.all.filter((each) => each.id !== row.id);
    let at = rest.findIndex((each) => compare(row.dataset, each.dataset, this.sort) < 0);
    if (at < 0) at = rest.length;
    row.remove?.();
    const beyond = rest.length && ((at === 0 && this.more("earlier")) || (at === rest.length && this.more("more")));
    this.all = beyond ? rest : rest.toSpliced(at, 0, row);
    this.draw();
  }
}
