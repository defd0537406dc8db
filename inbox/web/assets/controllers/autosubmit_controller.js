// A choice that is sent as soon as it is made, or a form that is sent at once; both have a button for browsers without
// script.

import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static values = { soon: Boolean };

  connect() {
    if (this.soonValue) this.element.requestSubmit();
  }

  go() {
    this.element.form.requestSubmit();
  }
}
