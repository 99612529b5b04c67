/** The public key of an outlet's meter, for those who check their receipts. */

import { address } from "../api.js";
import { h, put } from "../dom.js";
import { say } from "../words.js";

export class KeyOfMeter {
  constructor(evseId) {
    this.source = address(`outlets/${evseId}/key.svg`);
    this.serial = h("p");
    this.text = h("p", { class: "code", tabindex: "0" });
    this.picture = h("img", { width: "240", height: "240" });
    this.element = h(
      "details",
      { class: "key", hidden: true, on: { toggle: () => this.load() } },
      h("summary", {}, h("span", { say: "driver.key" })),
      h("p", { say: "driver.key.about" }),
      this.serial,
      h("div", { class: "qr" }, this.picture),
      this.text,
    );
  }

  /** Show the key, or nothing while the meter is not known. */
  show({ public_key: key, meter_serial: serial }) {
    this.element.hidden = !key;
    if (this.text.textContent !== key) this.picture.removeAttribute("src");
    put(this.text, key ?? "");
    put(this.serial, say("driver.key.serial", { serial }));
    this.picture.alt = say("driver.key.picture");
    this.load();
  }

  /** The picture is asked for when somebody looks. */
  load() {
    if (this.element.open && !this.picture.hasAttribute("src")) this.picture.src = this.source;
  }
}
