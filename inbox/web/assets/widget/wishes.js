// What a visitor may wish for beside the talk: to say how it was, to have it by mail, to go on elsewhere.

const by = (id) => document.getElementById(id);
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

const fails = (id, text) => {
  by(id).textContent = text;
  by(id).hidden = !text;
};

/** Makes the forms at the end of the log work. Returns `rate(survey)`, which asks, and `talked(on)`, once there is a talk. */
export const startWishes = ({ line, words, view }) => {
  let survey = null;

  by("rate").addEventListener("submit", async (event) => {
    event.preventDefault();
    const score = Number(new FormData(by("rate")).get("score"));
    if (!score) return fails("rate-error", words.rate_first);
    const answer = await line.wish("rate", { survey, score, comment: by("comment").value.trim() });
    if (answer.error) return fails("rate-error", words.mail_failed);
    by("rate").hidden = true;
    by("rated").hidden = false;
    by("text").focus();
    view.follow();
  });
  by("no-rate").addEventListener("click", () => {
    by("rate").hidden = true;
    by("text").focus();
  });

  by("by-mail")?.addEventListener("click", () => {
    by("more").open = false;
    by("mailed").hidden = true;
    by("mail").hidden = false;
    view.follow();
    by("mail-to").focus();
  });
  by("more")?.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !by("more").open) return;
    event.stopPropagation();
    by("more").open = false;
    by("more").querySelector("summary").focus();
  });
  by("mail")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const box = by("mail-to");
    const right = ADDRESS.test(box.value.trim());
    const answer = right ? await line.wish("transcript", { address: box.value.trim() }) : { error: "invalid" };
    box.setAttribute("aria-invalid", String(answer.error === "invalid"));
    fails("mail-error", answer.error ? (answer.error === "invalid" ? words.email_wrong : words.mail_failed) : "");
    if (answer.error) return box.focus();
    by("mail").hidden = true;
    by("mailed").hidden = false;
    by("text").focus();
  });

  for (const button of document.querySelectorAll("#elsewhere button")) {
    button.addEventListener("click", async () => {
      const { kind } = button.dataset;
      const { url } = await line.wish("elsewhere", { kind });
      if (!url) return;
      // The visitor presses once more: a page that opens another by itself is stopped by the browser.
      const link = document.createElement("a");
      Object.assign(link, { href: url, rel: "noopener", target: kind === "sms" ? "_top" : "_blank" });
      link.textContent = words.there[kind];
      link.addEventListener("click", () => setTimeout(() => link.replaceWith(button)));
      button.replaceWith(link);
      link.focus();
    });
  }

  return {
    rate(asked) {
      if (asked === survey) return;
      survey = asked;
      by("rate").reset();
      fails("rate-error", "");
      by("rated").hidden = true;
      by("rate").hidden = false;
      view.follow();
    },
    /** There is something to send; `wrote` takes a question about an end back that was none. */
    talked(wrote = false) {
      for (const id of ["more", "elsewhere"]) if (by(id)) by(id).hidden = false;
      if (wrote) by("rate").hidden = by("rated").hidden = true;
    },
  };
};
