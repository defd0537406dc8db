// Where rows stand in the list, and those that wait because somebody is pointing at it.

import { compare } from "./order.js";

export class Places {
  /** `more` tells whether there are rows beyond the last one. */
  constructor(rows, sort, more) {
    this.rows = rows;
    this.sort = sort;
    this.more = more;
    this.late = new Map();
  }

  /** How many rows that are not in the list yet wait for it to rest. */
  get coming() {
    return [...this.late.values()].filter((row) => !row.isConnected).length;
  }

  waiting(row) {
    return this.late.get(row.id);
  }

  wait(row) {
    if (!this.stands(row)) this.late.set(row.id, row);
  }

  forget(row) {
    this.late.delete(row.id);
  }

  /** One that has come into the list by another way since then, newer, is not put there a second time. */
  settle() {
    for (const row of this.late.values()) {
      const there = document.getElementById(row.id) ?? row;
      if (there === row) this.put(row);
    }
    this.late.clear();
  }

  /** True where a row is between the right neighbours. */
  stands(row) {
    const [before, after] = [row.previousElementSibling, row.nextElementSibling];
    return (
      row.isConnected &&
      (!before || compare(before.dataset, row.dataset, this.sort) <= 0) &&
      (!after || compare(row.dataset, after.dataset, this.sort) <= 0)
    );
  }

  /** Puts a row where the order says; beyond the last loaded row it comes with "more". */
  put(row) {
    this.late.delete(row.id);
    if (this.stands(row)) return;
    const next = [...this.rows.children].find(
      (each) => each !== row && compare(row.dataset, each.dataset, this.sort) < 0,
    );
    if (next) this.rows.insertBefore(row, next);
    else if (!this.more()) this.rows.append(row);
    else row.remove();
  }
}
