// Web Push of this browser: whether it can, whether it does, and how it says where it is reached.

import { toast } from "./toasts.js";

const able = () => "PushManager" in window && "serviceWorker" in navigator && "Notification" in window;

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

/** How the desk knows an address: its SHA-256 in hexadecimal. */
async function named(endpoint) {
  const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
  return Array.from(new Uint8Array(sum), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function current() {
  const worker = await navigator.serviceWorker.getRegistration();
  return (await worker?.pushManager.getSubscription()) ?? null;
}

/** Offers what this browser can do, and marks it in the list. */
export async function show({ formTarget, noneTarget, deniedTarget, deviceTargets }) {
  if (!able()) return;
  const subscription = await current();
  const mine = subscription && (await named(subscription.endpoint));
  const known = deviceTargets.find((device) => device.dataset.name === mine);
  if (known) known.querySelector("[data-here]").hidden = false;
  const denied = Notification.permission === "denied";
  noneTarget.hidden = true;
  deniedTarget.hidden = !denied;
  formTarget.hidden = denied || Boolean(known);
}

/** Asks for leave and sends the form with where this browser is reached. */
export async function subscribe(event, key) {
  const form = event.target;
  if (form.elements.endpoint.value) return;
  event.preventDefault();
  try {
    const worker = await navigator.serviceWorker.ready;
    await (await current())?.unsubscribe(); // it may be one of another desk's key
    const given = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    form.elements.endpoint.value = given.endpoint;
    form.elements.key.value = text(given.getKey("p256dh"));
    form.elements.secret.value = text(given.getKey("auth"));
    form.requestSubmit();
  } catch (problem) {
    toast(problem.message, { bad: true });
  }
}
