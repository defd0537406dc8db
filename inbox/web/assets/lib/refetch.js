// After too long a gap: fetches the page again and takes list, head and thread from it. The composer is not touched.

import { morphElements } from "@hotwired/turbo";
import { scan } from "./live.js";

const PARTS = "#views, #saved, #teams, #channels, #rows, #rows-earlier, #rows-more, .heads, .msgs";
let running = null;

async function once() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll(PARTS)) {
    const fresh = page.getElementById(part.id);
    if (fresh) morphElements(part, document.adoptNode(fresh));
  }
  for (const room of document.querySelectorAll("[data-room]")) {
    const fresh = page.querySelector(`[data-room="${CSS.escape(room.dataset.room)}"]`);
    if (fresh) room.dataset.seq = fresh.dataset.seq;
  }
  scan({ afresh: true });
  document.dispatchEvent(new CustomEvent("page:refetched"));
}

/** One refetch at a time; a second asker waits for the first. Rejects when the desk does not answer. */
export function refetch() {
  running ??= once().finally(() => {
    running = null;
  });
  return running;
}
