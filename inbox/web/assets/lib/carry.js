// What Turbo fetches over a line that is cut: a page or a frame is asked for again until it comes, a form says that it
// did not leave. Without this each cut is an error that nobody catches, and a frame stays empty until the page is reloaded.

import { fetch } from "@hotwired/turbo";
import { toast } from "./toasts.js";
import { say } from "./words.js";

const AGAIN_MS = 2000;
const SLOW_MS = 200;
const TOUCH_MS = 40; // a finger that scrolls has moved by then
const STALE_MS = 5000;
const THREAD = "thread";

/** The answer with its whole body; where that cannot be had now, what the browser calls an error. */
async function carried({ href }, { method, headers, ...options }, tried) {
  for (let told = headers["X-Sec-Purpose"]; ; told = true) {
    try {
      const answer = await tried;
      await answer.clone().arrayBuffer(); // the body may break off too
      if (answer.type !== "error") return answer;
    } catch (error) {
      if (error.name === "AbortError") throw error;
    }
    if (!told) toast(say("load_failed"), { bad: true });
    if (method !== "GET" || headers["X-Sec-Purpose"]) return Response.error();
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    tried = fetch(href, { method, headers, ...options }); // rejects where the page wants it no more
  }
}

/** Lets go of what was asked for and is not wanted: what nobody reads would stay on its way. */
function drop(early, href) {
  early[href]?.then(({ body }) => body.cancel()).catch(() => {});
  delete early[href];
}

/** Whoever presses on a ticket gets it: it is asked for then, not only once the press has ended. */
function startPressing(early) {
  let timer;
  const ask = (href) => {
    const answer = fetch(href, {
      headers: { Accept: "text/html", "Turbo-Frame": THREAD, "X-Sec-Purpose": "prefetch" },
    });
    early[href] = answer;
    answer.catch(() => {});
    setTimeout(() => early[href] === answer && drop(early, href), STALE_MS); // not that of a later press
  };
  document.addEventListener("pointerdown", ({ target, button, pointerType }) => {
    clearTimeout(timer);
    const { href } = target.closest?.(`a[data-turbo-frame="${THREAD}"]`) ?? {};
    if (!href || button || href in early) return;
    if (pointerType === "touch") timer = setTimeout(ask, TOUCH_MS, href);
    else ask(href);
  });
  for (const end of ["pointercancel", "click"]) document.addEventListener(end, () => clearTimeout(timer), true);
}

/** A ticket that is long in coming looks so; a mark on each one would cost every change of ticket a frame more. */
function startWaiting() {
  let timer;
  const done = ({ target }) => {
    if (target.id !== THREAD) return;
    clearTimeout(timer);
    target.classList.remove("slow");
  };
  document.addEventListener("turbo:before-fetch-request", (event) => {
    done(event);
    const { target } = event;
    if (target.id === THREAD) timer = setTimeout(() => target.classList.add("slow"), SLOW_MS);
  });
  document.addEventListener("turbo:before-frame-render", done);
  document.addEventListener("turbo:fetch-request-error", done);
}

/** Takes over what Turbo is about to fetch, also what it has fetched ahead. */
export function startCarrying() {
  const early = {};
  document.addEventListener("turbo:before-fetch-request", ({ target, detail }) => {
    const { url, fetchOptions, fetchRequest } = detail;
    const { method, headers } = fetchOptions;
    const tried = fetchRequest?.response || (method === "GET" && early[url.href]) || fetch(url.href, fetchOptions);
    if (headers["X-Sec-Purpose"])
      early[url.href] = undefined; // Turbo holds it from here
    else if (target.id === THREAD) {
      for (const href in early) early[href] === tried ? delete early[href] : drop(early, href);
    }
    detail.fetchRequest = { response: carried(url, fetchOptions, tried) };
  });
  document.addEventListener("turbo:before-fetch-response", (event) => {
    if (event.detail.fetchResponse.response.type === "error") event.preventDefault();
  });
  startPressing(early);
  startWaiting();
}
