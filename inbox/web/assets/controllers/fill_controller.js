// Puts a sample account into the sign-in form.

import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  put({ params: { email, password } }) {
    const form = this.element.closest("form");
    form.elements.email.value = email;
    form.elements.password.value = password;
    form.querySelector(".btn-primary").focus();
  }
}
