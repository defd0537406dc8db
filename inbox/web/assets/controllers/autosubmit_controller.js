// A choice that is sent as soon as it is made; its form has a button for browsers without script.

import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  go() {
    this.element.form.requestSubmit();
  }
}
