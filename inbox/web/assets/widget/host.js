// The talk between the iframe and the page around it: a few named messages, each way checked by window and origin.

const PATIENCE_MS = 1_000;

/**
 * Listens to the embedding page. `hears` has `open(quiet)`, `closed()`, `identify(who)`, `greet(text)` and `page({url, title})`. Returns `tell`, and `kept`:
 * a promise of what the page keeps for this tab, null where there is nothing.
 */
export const hostPage = (hears) => {
  const alone = window.parent === window;
  let origin = "*";
  let given;
  const kept = new Promise((resolve) => {
    given = resolve;
    setTimeout(resolve, alone ? 0 : PATIENCE_MS, null);
  });
  const tell = (what, more = {}) => {
    if (!alone) window.parent.postMessage({ sportello: what, ...more }, origin);
  };
  addEventListener("message", ({ source, data, origin: from }) => {
    if (source !== window.parent || alone || !data?.sportello) return;
    origin = from;
    if (data.sportello === "page") hears.page({ url: data.url, title: data.title });
    else if (data.sportello === "kept") given(data.data);
    else if (data.sportello === "identify") hears.identify(data.who);
    else if (data.sportello === "greet") hears.greet(data.text);
    else if (data.sportello === "open") hears.open(data.quiet);
    else if (data.sportello === "closed") hears.closed();
  });
  tell("ready");
  if (alone) queueMicrotask(() => hears.open(false));
  return { tell, kept };
};
