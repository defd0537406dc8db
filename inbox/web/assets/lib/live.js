// The line to the desk: rooms with their last sequence number, nothing twice, nothing missing after a cut.

import { io } from "socket.io-client";
import { enqueue } from "./queue.js";

const SILENCE_MS = 1500;
const rooms = new Map();
const teams = new Map();
const seen = new WeakSet();
let socket = null;
let silence = 0;
let down = false;
let hiddenAt = 0;
let cutWhileHidden = false;

function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(`live:${name}`, { detail }));
}

function token() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

function hello() {
  if (!socket?.connected) return;
  socket.emit("hello", { rooms: Object.fromEntries(rooms), csrf: token() }, (answer) => {
    if (answer?.error) tell("refused", answer);
  });
}

/**
 * Reads which rooms this page shows and how far its HTML goes, and says so to the desk if that has changed. HTML that
 * has just come in counts from its own number, even where the line was further: what lies between is sent again.
 */
export function scan({ afresh = false } = {}) {
  const found = new Map();
  let changed = false;
  for (const element of document.querySelectorAll("[data-room]")) {
    const name = element.dataset.room;
    const fresh = afresh || !seen.has(element);
    seen.add(element);
    const seq = fresh ? Number(element.dataset.seq) : (rooms.get(name) ?? Number(element.dataset.seq));
    found.set(name, Math.min(seq, found.get(name) ?? Number.POSITIVE_INFINITY));
    changed ||= fresh;
  }
  changed ||= found.size !== rooms.size;
  rooms.clear();
  for (const [name, seq] of found) rooms.set(name, seq);
  if (changed) hello();
}

/** Writes into the page how far it is, so that a copy of it from the cache says the truth. */
function remember() {
  for (const element of document.querySelectorAll("[data-room]")) {
    element.dataset.seq = rooms.get(element.dataset.room) ?? element.dataset.seq;
  }
}

/** The desk seats an agent in the rooms of private teams by itself; a ticket that was just left is not heard any more. */
function pushed({ seq, room, html }) {
  const known = rooms.has(room) ? rooms : room.startsWith("team:") ? teams : null;
  if (!known || seq <= (known.get(room) ?? 0)) return;
  known.set(room, seq);
  enqueue(html);
}

function cut() {
  cutWhileHidden ||= document.hidden;
  clearTimeout(silence);
  silence = setTimeout(() => {
    down = true;
    tell("down");
  }, SILENCE_MS);
}

function joined() {
  clearTimeout(silence);
  if (down) tell("up");
  down = false;
  hello();
  tell("joined");
}

function visible() {
  if (document.hidden) {
    hiddenAt = Date.now();
    cutWhileHidden = !socket?.connected;
    return;
  }
  if (cutWhileHidden && Date.now() - hiddenAt > 60_000) tell("reload", {});
  cutWhileHidden = false;
}

/** Says something to the desk now, true where it could; a line that is down does not keep it. */
export function emit(event, payload) {
  if (socket?.connected) socket.emit(event, payload);
  return connected();
}

/** True while the line stands. */
export function connected() {
  return Boolean(socket?.connected);
}

/** Tries again at once. */
export function retry() {
  socket?.disconnect().connect();
}

/** Opens the line once there is a room to listen to; pages without one never do. */
export function startLive() {
  const arrive = () => {
    scan();
    if (socket || !rooms.size) return;
    socket = io({ transports: ["websocket", "polling"], reconnectionDelay: 500, reconnectionDelayMax: 5000 });
    socket.on("connect", joined);
    socket.on("disconnect", cut);
    socket.on("connect_error", () => silence || cut());
    socket.on("push", pushed);
    socket.on("visit", enqueue);
    for (const name of ["reload", "counts", "presence", "viewing", "typing", "unread"]) {
      socket.on(name, (detail) => tell(name, detail));
    }
    cut();
  };
  document.addEventListener("turbo:load", arrive);
  document.addEventListener("turbo:frame-load", arrive);
  document.addEventListener("turbo:before-cache", remember);
  document.addEventListener("visibilitychange", visible);
  if (document.readyState !== "loading") arrive();
}
