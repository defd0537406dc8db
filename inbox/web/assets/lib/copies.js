// At each change of ticket Turbo copies the page for the way back: before the request, as the thread is replaced, and
// once more from the first copy. A whole page takes longer to copy than a thread to draw, so the first one has to do.

import { FrameElement, PageSnapshot } from "@hotwired/turbo";

/** Leaves Turbo the copy that it makes as a ticket is asked for, which has the thread in it. */
export function startCopies() {
  const copies = new WeakSet();
  const { clone } = PageSnapshot.prototype;
  PageSnapshot.prototype.clone = function () {
    const copy = copies.has(this) ? this : clone.call(this);
    copies.add(copy);
    return copy;
  };
  FrameElement.delegateConstructor.prototype.willRenderFrame = () => {};
}
