// A form of filters that asks as soon as one of them changes; it has a button for browsers without script.

import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  now(event) {
    if (!event.target.matches('[type="search"], [type="text"]')) this.element.requestSubmit();
  }
}
