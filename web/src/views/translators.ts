// Page translators put elements of their own in the place of our text nodes (Chrome: two nested <font>). What Svelte
// then writes into the old node is on no screen any more: a lock that seals for ever, seconds that stand still. So
// whenever such a node gets a new text, it comes back in the place of what replaced it, and is translated anew.
// Nothing is changed back before that: a translator would translate it at once, for ever.

/** Watches the page. What stands in for a text node is known from the change that took the node away. */
export function outliveTranslators(page: Node): void {
  const places = new WeakMap<Node, Element>();
  const observer = new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "characterData") comeBack(change.target, places);
      else for (const node of change.removedNodes) replaced(node, change);
    }
  });

  function replaced(node: Node, change: MutationRecord): void {
    if (node.nodeType !== Node.TEXT_NODE || node.isConnected) return;
    const place = placeOf(change);
    if (place === undefined) return; // we removed it ourselves
    places.set(node, place);
    observer.observe(node, { characterData: true });
  }

  observer.observe(page, { childList: true, subtree: true });
}

function comeBack(node: Node, places: WeakMap<Node, Element>): void {
  const place = places.get(node);
  places.delete(node);
  if (place?.isConnected === true && node.nodeType === Node.TEXT_NODE) place.replaceWith(node);
}

/** What replaced the node: put there in the same step, or just before it was taken away. Ours are never <font>. */
function placeOf({ addedNodes, previousSibling, nextSibling }: MutationRecord): Element | undefined {
  const near = [...addedNodes, previousSibling, nextSibling];
  return near.find((node): node is Element => node instanceof Element && node.localName === "font");
}
