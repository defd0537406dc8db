// The service worker: a page of our own while the desk cannot be reached, and notices while none of the desk is open.
// Nothing of a ticket is ever kept here.

const { offline, keep, icon, badge, mine, device } = self.desk;
const SHELF = `desk ${[offline, ...keep].join(" ")}`;

self.addEventListener("install", (event) => {
  const fill = async () => {
    const shelf = await caches.open(SHELF);
    await shelf.addAll([offline, ...keep].map((url) => new Request(url, { cache: "reload" })));
    await self.skipWaiting(); // it serves nothing that an open page could miss
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith("desk ") && name !== SHELF).map((n) => caches.delete(n)));
    await self.registration.navigationPreload?.enable();
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

/** A page from the desk, or ours where the line is down. */
async function page(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return (await caches.match(offline)) ?? Response.error();
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (keep.includes(pathname)) event.respondWith(fetch(request).catch(() => caches.match(pathname)));
});

/** A notice, unless the desk is on the screen anyway: there the page tells it. */
async function tell({ title, body, tag, url, lang }) {
  const windows = await self.clients.matchAll({ type: "window" });
  if (windows.some((each) => each.focused && each.visibilityState === "visible")) return;
  await self.registration.showNotification(title, { body, tag, lang, icon, badge, renotify: true, data: { url } });
}

self.addEventListener("push", (event) => {
  if (event.data) event.waitUntil(tell(event.data.json()));
});

/** To the ticket: in a window of the desk that is open, else in a new one. */
async function open(url) {
  const [window] = await self.clients.matchAll({ type: "window" });
  if (!window) return self.clients.openWindow(url);
  await window.focus();
  return window.navigate(url);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(new URL(`.${event.notification.data.url}`, self.registration.scope).href));
});

// The push service gave this browser another address: said as the page says it, with the token of a page.
self.addEventListener("pushsubscriptionchange", (event) => {
  const again = async () => {
    const old = event.oldSubscription;
    const fresh = event.newSubscription ?? (await self.registration.pushManager.subscribe(old.options));
    const { endpoint, keys } = fresh.toJSON();
    const page = await (await fetch(mine)).text();
    const token = /name="csrf-token" content="([^"]+)"/.exec(page)?.[1] ?? "";
    const told = { csrf_token: token, old: old?.endpoint ?? "", endpoint, key: keys.p256dh, secret: keys.auth };
    await fetch(device, { method: "POST", body: new URLSearchParams(told) });
  };
  event.waitUntil(again());
});
