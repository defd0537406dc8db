// At each change of ticket Turbo copies the page for the way back: before the request, as the thread is replaced, and
// once more from the first copy. A whole page takes longer to copy than a thread to draw, so the page is copied once,
// when the new ticket stands there, and gets the thread that was taken out of it.

import { FrameElement, PageSnapshot } from "@hotwired/turbo";

/** Leaves Turbo the last of its copies only. */
export function startCopies() {
  const frames = FrameElement.delegateConstructor.prototype;
  const { proposeVisitIfNavigatedWithAction: propose } = frames;
  const { clone } = PageSnapshot.prototype;
  let early = false;
  PageSnapshot.prototype.clone = function () {
    return early ? this : clone.call(this);
  };
  frames.proposeVisitIfNavigatedWithAction = function (frame, action) {
    early = true;
    try {
      propose.call(this, frame, action);
    } finally {
      early = false;
    }
    const { delegate } = frame;
    const { fetchResponseLoaded: loaded } = delegate;
    // Who has gone back meanwhile is not led forth again.
    if (action) delegate.fetchResponseLoaded = (answer) => location.href === frame.src && loaded(answer);
  };
  frames.willRenderFrame = function ({ children }) {
    if (this.action) this.previousFrameElement = { children: [...children] };
  };
}
