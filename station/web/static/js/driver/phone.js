/** The way from a display at the station to the same page on a driver's own phone. */

import { address } from "../api.js";
import { h } from "../dom.js";
import { say } from "../words.js";

export class PageOnPhone {
  constructor(evseId) {
    this.picture = h("img", { src: address(`outlets/${evseId}/url.svg`), width: "120", height: "120" });
    this.element = h(
      "section",
      { class: "receipt side", hidden: true },
      h("div", { class: "qr" }, this.picture),
      h(
        "div",
        { class: "receipt-words" },
        h("h3", { say: "driver.phone" }),
        h("p", { class: "quiet", say: "driver.phone.about" }),
      ),
    );
  }

  show(shown) {
    this.element.hidden = !shown;
    this.picture.alt = say("driver.phone.picture");
  }
}
