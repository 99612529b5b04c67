/** Logging in. */

import { send } from "../api.js";
import { h, put } from "../dom.js";
import { language, say } from "../words.js";

const [SILENT, WRONG] = [0, 401];

export class LoginForm {
  /** `entered` is told the token when the password was right; `problem` is the key of what led here. */
  constructor({ station, problem, entered }) {
    this.entered = entered;
    this.password = h("input", {
      type: "password",
      id: "password",
      name: "password",
      autocomplete: "current-password",
      required: true,
      "aria-describedby": "login-problem",
    });
    this.button = h("button", { class: "main", say: "operator.login" });
    this.problem = h("p", { id: "login-problem", class: "problem bad", role: "alert" }, problem ? say(problem) : "");
    this.element = h(
      "form",
      { class: "login card", on: { submit: (event) => this.submit(event) } },
      h("h2", { say: "operator.login" }),
      station.operator_password_set === false ? h("p", { say: "operator.no_password" }) : null,
      userName(),
      h("label", { for: "password", say: "operator.password" }),
      this.password,
      this.problem,
      this.button,
    );
  }

  focus() {
    this.password.focus();
  }

  async submit(event) {
    event.preventDefault();
    this.button.disabled = true;
    put(this.problem, "");
    try {
      const { csrf } = await send("POST", "login", { password: this.password.value });
      this.entered(csrf);
    } catch (error) {
      const own = { [SILENT]: say("operator.unreachable"), [WRONG]: say("operator.wrong") }[error.status];
      this.problem.lang = own ? language() : "en";
      put(this.problem, own ?? error.message);
      this.button.disabled = false;
      this.password.select();
    }
  }
}

/** Password managers want a name to go with the password. */
function userName() {
  const input = h("input", { type: "text", name: "username", value: "operator", autocomplete: "username" });
  return h("span", { hidden: true }, input);
}
