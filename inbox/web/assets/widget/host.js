// The talk between the iframe and the page around it: a few named messages, each way checked by window and origin.

/** Listens to the embedding page. `hears` has `open()`, `closed()` and `page({url, title})`. Returns `tell`. */
export const hostPage = (hears) => {
  const alone = window.parent === window;
  let origin = "";
  try {
    origin = new URL(document.referrer).origin;
  } catch {
    // a page that sends no referrer: its first message names its origin
  }
  const tell = (what, more = {}) => {
    if (!alone) window.parent.postMessage({ sportello: what, ...more }, origin || "*");
  };
  addEventListener("message", (event) => {
    if (event.source !== window.parent || !event.data?.sportello) return;
    origin = event.origin;
    if (event.data.sportello === "page") hears.page({ url: event.data.url, title: event.data.title });
    else hears[event.data.sportello === "open" ? "open" : "closed"]();
  });
  tell("ready");
  if (alone) queueMicrotask(hears.open);
  return tell;
};
