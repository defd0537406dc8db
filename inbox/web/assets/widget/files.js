// Files that the visitor chooses: taken in by the desk at once, sent with the next message.

const by = (id) => document.getElementById(id);
const KINDS = /\.(png|jpe?g|gif|webp|pdf|docx?|xlsx?|pptx|od[ts]|txt|csv)$/i;
const MOST = 10;

/**
 * Makes the paper clip and pasting work. `changed()` is called whenever something may be sent or not.
 * Returns `ready()`, `take()` (what is sent now: `[{id, name, content_type, url?}]`).
 */
export const startFiles = ({ site, memory, words, mb, changed }) => {
  let picked = [];
  const list = by("picked");

  const show = () => {
    list.hidden = !picked.length;
    changed();
  };
  const drop = (one) => {
    picked = picked.filter((each) => each !== one);
    one.node.remove();
    show();
    by("text").focus();
  };
  const fails = (one, text) => {
    one.failed = true;
    one.node.classList.add("bad");
    one.node.querySelector("[data-says]").textContent = text;
    changed();
  };

  const upload = async (one, file) => {
    if (!KINDS.test(file.name)) return fails(one, words.file_kind);
    if (file.size > mb * 2 ** 20) return fails(one, words.file_large);
    try {
      const answer = await fetch(`/widget/${encodeURIComponent(site)}/files?name=${encodeURIComponent(file.name)}`, {
        method: "POST",
        body: file,
        headers: { Authorization: `Bearer ${memory.ownToken()}`, "X-Consent": memory.consent ? "1" : "0" },
      });
      if (!answer.ok) return fails(one, answer.status === 422 ? words.file_kind : words.file_failed);
      Object.assign(one, await answer.json());
    } catch {
      return fails(one, words.file_failed);
    }
    if (one.content_type.startsWith("image/")) one.url = URL.createObjectURL(file);
    one.node.querySelector("[data-says]").textContent = "";
    changed();
  };

  const add = (files) => {
    for (const file of [...files].slice(0, MOST - picked.length)) {
      const node = by("t-picked").content.firstElementChild.cloneNode(true);
      const one = { node };
      node.querySelector("[data-name]").textContent = file.name;
      node.querySelector("button").addEventListener("click", () => drop(one));
      picked.push(one);
      list.append(node);
      upload(one, file);
    }
    show();
  };

  by("attach")?.addEventListener("click", () => by("file").click());
  by("file")?.addEventListener("change", ({ target }) => {
    add(target.files);
    target.value = "";
    by("text").focus();
  });
  by("text").addEventListener("paste", (event) => {
    if (!mb || !event.clipboardData.files.length) return;
    event.preventDefault();
    add(event.clipboardData.files);
  });

  return {
    /** True where something is there to be sent and nothing is still under way; null where there is nothing. */
    ready: () => (picked.some((each) => !each.failed) ? picked.every((each) => each.id || each.failed) : null),
    take() {
      const sent = picked.filter((each) => each.id);
      picked = [];
      list.replaceChildren();
      show();
      return sent.map(({ id, name, content_type, url }) => ({ id, name, content_type, url }));
    },
  };
};
