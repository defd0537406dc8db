// What Turbo fetches over a line that is cut: a page or a frame is asked for again until it comes, a form says that it
// did not leave. Without this each cut is an error that nobody catches, and a frame stays empty until the page is reloaded.

import { fetch } from "@hotwired/turbo";
import { toast } from "./toasts.js";
import { say } from "./words.js";

const AGAIN_MS = 2000;

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

/** Takes over what Turbo is about to fetch, also what it has fetched ahead. */
export function startCarrying() {
  document.addEventListener("turbo:before-fetch-request", ({ detail }) => {
    const { url, fetchOptions, fetchRequest } = detail;
    const tried = fetchRequest?.response ?? fetch(url.href, fetchOptions);
    detail.fetchRequest = { response: carried(url, fetchOptions, tried) };
  });
  document.addEventListener("turbo:before-fetch-response", (event) => {
    if (event.detail.fetchResponse.response.type === "error") event.preventDefault();
  });
}
