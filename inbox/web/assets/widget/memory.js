// What the iframe remembers of a visitor: nothing before the first message, then the token and what could not leave yet.

const EMPTY = { token: null, waiting: [], email: false, consent: "", entered: false, user: "" };

/** 256 random bits that nobody else can guess. */
const secret = () =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** The browser's own memory for this iframe, or null where it gives a foreign iframe none (private windows). */
const ownStorage = () => {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
};

/**
 * The memory of one site's chat. Without a storage of its own, the page around keeps it for the life of its tab
 * (`host.kept`, `host.tell`).
 */
export const memoryOf = async (site, host) => {
  const key = `sportello:${site}`;
  const storage = ownStorage();
  let kept = EMPTY;
  try {
    kept = { ...EMPTY, ...JSON.parse((storage ? storage.getItem(key) : await host.kept) || "{}") };
  } catch {
    // unreadable: start with an empty memory
  }
  const save = () => {
    const text = JSON.stringify(kept);
    if (!storage) host.tell("keep", { data: text });
    else if (kept.token || kept.consent || kept.waiting.length) storage.setItem(key, text);
    else storage.removeItem(key);
  };
  const change = (news) => {
    kept = { ...kept, ...news };
    save();
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
    /** The text that the visitor agreed to. */
    get consent() {
      return kept.consent;
    },
    agree(consent) {
      change({ consent });
    },
    /** Whether the visitor has said what is asked before the first message. */
    get entered() {
      return kept.entered;
    },
    enter() {
      if (!kept.entered) change({ entered: true });
    },
    /** The token, made now if there is none: a file needs it before the first message. */
    ownToken() {
      if (!kept.token) change({ token: secret() });
      return kept.token;
    },
    /** Whom the site said this is. */
    get user() {
      return kept.user;
    },
    keepUser(user) {
      if (kept.token && user !== kept.user) change({ user });
    },
    /** A token for a visitor who has none yet; it is kept only once there is something to find with it. */
    anyToken: () => kept.token || secret(),
    /** Forgets the visitor: somebody else sits here now. What they agreed to in this browser stays. */
    forget() {
      change({ ...EMPTY, consent: kept.consent });
    },
    keepToken(token) {
      if (token && token !== kept.token) change({ token });
    },
    keepEmail() {
      change({ email: true });
    },
    /**
     * A message that has not left yet; the same `client_id` is kept once. The first one makes the token, here and not at
     * the desk: if the answer to it is lost, the same visitor sends it again.
     */
    queue(message) {
      this.ownToken();
      this.enter();
      if (kept.waiting.every((each) => each.client_id !== message.client_id)) {
        change({ waiting: [...kept.waiting, message] });
      }
    },
    settle(clientId) {
      change({ waiting: kept.waiting.filter((each) => each.client_id !== clientId) });
    },
  };
};
