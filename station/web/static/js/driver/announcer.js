/** Tells screen readers what changed: states and steps, never each watt. */

export class Announcer {
  constructor(element) {
    this.element = element;
    this.told = new Set();
  }

  /** Say the sentences that were not said last time. */
  tell(sentences) {
    const news = sentences.filter((sentence) => !this.told.has(sentence));
    this.told = new Set(sentences);
    if (news.length) this.element.textContent = news.join(" ");
  }
}
