// What the visitor sees: messages drawn from the document's own templates, the header's state, the notices.

const DOTS_MS = 4_000;
const BANNER_MS = 1_500;

const part = (name) => document.getElementById(`t-${name}`).content.firstElementChild.cloneNode(true);
const by = (id) => document.getElementById(id);
const initials = (name) =>
  name
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => word[0].toUpperCase())
    .join("");

/** The view of one chat. `words` are the document's sentences, `lang` its language. */
export const chatView = ({ words, lang, retry }) => {
  const log = by("log");
  const end = by("end");
  const nodes = new Map();
  const clock = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat(lang, { weekday: "long", day: "numeric", month: "long" });
  let dots;
  let banner = null;

  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const follow = () => {
    log.scrollTop = log.scrollHeight;
  };

  const attachment = (file) => {
    if (!file.url) {
      const node = part("name");
      node.querySelector("[data-name]").textContent = file.name;
      return node;
    }
    const image = /^image\/(png|jpe?g|gif|webp)$/.test(file.content_type || "");
    const node = part(image ? "image" : "file");
    node.href = file.url;
    if (image) {
      node.firstElementChild.src = file.url;
      node.firstElementChild.alt = file.name;
    } else node.querySelector("[data-name]").textContent = file.name;
    return node;
  };

  /** Marks where a day begins and which message is the last of a run: only that one carries name and time. */
  const regroup = () => {
    for (const old of log.querySelectorAll(".day")) old.remove();
    const all = [...log.querySelectorAll(".m[data-at]")];
    all.forEach((node, n) => {
      const before = all[n - 1];
      const after = all[n + 1];
      const date = new Date(node.dataset.at).toDateString();
      if (!before || new Date(before.dataset.at).toDateString() !== date) {
        const mark = part("day");
        mark.textContent = date === new Date().toDateString() ? words.today : day.format(new Date(node.dataset.at));
        node.before(mark);
      }
      const goesOn = after && after.dataset.from === node.dataset.from && after.dataset.name === node.dataset.name;
      const near = goesOn && new Date(after.dataset.at) - new Date(node.dataset.at) < 300_000;
      node.classList.toggle("run", Boolean(near) && !["failed", "pending"].includes(node.dataset.state));
    });
  };

  const draw = (node, message) => {
    const body = node.querySelector("[data-body]");
    // A desk's answer may carry HTML that the server has sanitised; a visitor's own words are always text.
    if (message.from === "desk" && message.html) body.innerHTML = message.html;
    else body.textContent = message.text || "";
    body.hidden = !(message.text || message.html);
    node.querySelector("[data-files]").replaceChildren(...(message.attachments || []).map(attachment));
    for (const link of body.querySelectorAll("a[href]")) Object.assign(link, { target: "_blank", rel: "noopener" });
    node.dataset.at = message.at;
    node.dataset.from = message.from;
    node.dataset.name = message.name || "";
    const time = node.querySelector("time");
    time.dateTime = message.at;
    time.textContent = clock.format(new Date(message.at));
    node.querySelector("[data-who]").textContent = message.from === "desk" && message.name ? `${message.name} · ` : "";
  };

  const state = (node, value) => {
    node.dataset.state = value;
    const label = node.querySelector("[data-state-word]");
    if (label) label.textContent = words.states[value] || "";
    const again = node.querySelector("[data-again]");
    if (again) again.hidden = value !== "failed";
  };

  return {
    /** Draws a message, or draws it anew where it is already there (by `client_id`, else by `id`). */
    put(message, many = false) {
      const stay = message.from === "you" || atEnd();
      const known = nodes.get(message.client_id) || nodes.get(message.id);
      const node = known || part(message.from === "you" ? "mine" : "theirs");
      draw(node, message);
      if (message.from === "you") state(node, message.state || "sent");
      for (const each of [message.id, message.client_id]) if (each) nodes.set(each, node);
      if (!known) {
        end.before(node);
        node.querySelector("[data-again]")?.addEventListener("click", () => retry(message.client_id));
      }
      if (!many) {
        regroup();
        if (stay) follow();
      }
      return !known;
    },
    /** After the whole talk came: the desk's order holds (a visitor's clock may be wrong), what waits comes last. */
    settled(messages) {
      const order = new Set(messages.map((each) => nodes.get(each.client_id) || nodes.get(each.id)));
      const now = [...log.querySelectorAll(".m[data-at]")];
      for (const node of now) order.add(node);
      if ([...order].some((node, n) => node !== now[n])) end.before(...order);
      regroup();
      follow();
    },
    /** What the visitor may answer by one press; nothing where that was answered. */
    quick(replies, press) {
      const buttons = replies.map((text) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = text;
        button.addEventListener("click", () => press(text));
        return button;
      });
      by("quick").replaceChildren(...buttons);
      by("quick").hidden = !buttons.length;
    },
    /** Nothing was said here yet. */
    empty() {
      for (const node of log.querySelectorAll(".m[data-at]")) node.remove();
      nodes.clear();
      regroup();
    },
    state(clientId, value) {
      const node = nodes.get(clientId);
      if (!node) return;
      state(node, value);
      regroup();
    },
    typing(on) {
      clearTimeout(dots);
      by("dots").hidden = !on;
      if (!on) return;
      if (atEnd()) follow();
      dots = setTimeout(() => {
        by("dots").hidden = true;
      }, DOTS_MS);
    },
    /** Who is there: the business, or the last person who answered. */
    presence(online, name) {
      document.body.classList.toggle("online", online);
      by("sub").textContent = online ? words.online : words.away;
      if (name) {
        by("who").textContent = words.with.replace("%(name)s", name);
        by("av").textContent = initials(name);
      }
    },
    /** Says that the line is down once it has been for a while; further tries do not start the wait anew. */
    line(up) {
      if (up) {
        clearTimeout(banner);
        banner = null;
        by("line").hidden = true;
      } else
        banner ??= setTimeout(() => {
          by("line").hidden = false;
        }, BANNER_MS);
    },
    askEmail(on) {
      by("ask").hidden = !on;
      if (on) follow();
    },
    thanks(address) {
      by("ask").hidden = true;
      by("noted").hidden = false;
      by("noted-at").textContent = address;
      follow();
    },
    follow,
  };
};
