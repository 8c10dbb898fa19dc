// Put in front of the other scripts: text is only ever set through textContent, never as markup.
const make = (tag, cls, text) => {
  const node = document.createElement(tag)
  if (cls) node.className = cls
  if (text !== undefined) node.textContent = text
  return node
}
