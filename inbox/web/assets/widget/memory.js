// What the iframe remembers of a visitor: nothing before the first message, then the token and what could not leave yet.

/** The memory of one site's chat. `localStorage` may be refused (private windows); then it lasts as long as the page. */
export const memoryOf = (site) => {
  const key = `sportello:${site}`;
  let kept = { token: null, waiting: [], email: false };
  try {
    kept = { ...kept, ...JSON.parse(localStorage.getItem(key) || "{}") };
  } catch {
    // unreadable or refused: start with an empty memory
  }
  const save = () => {
    try {
      if (kept.token || kept.waiting.length) localStorage.setItem(key, JSON.stringify(kept));
      else localStorage.removeItem(key);
    } catch {
      // refused: the page's own memory has to do
    }
  };
  return {
    get token() {
      return kept.token;
    },
    get waiting() {
      return kept.waiting;
    },
    get email() {
      return kept.email;
    },
    keepToken(token) {
      if (!token || token === kept.token) return;
      kept.token = token;
      save();
    },
    keepEmail() {
      kept.email = true;
      save();
    },
    /** A message that has not left yet; the same `client_id` is kept once. */
    queue(message) {
      if (kept.waiting.some((each) => each.client_id === message.client_id)) return;
      kept.waiting.push(message);
      save();
    },
    settle(clientId) {
      kept.waiting = kept.waiting.filter((each) => each.client_id !== clientId);
      save();
    },
    forget() {
      kept = { token: null, waiting: [], email: false };
      save();
    },
  };
};
