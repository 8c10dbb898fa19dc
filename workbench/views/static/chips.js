// What is chosen, each with a way to let go of it. Text from data is only ever set through textContent.

export function render({ model }) {
  const root = make('div', 'chips')
  const chip = (name, label, told, cls) => {
    const node = make('button', cls)
    node.type = 'button'
    node.setAttribute('aria-label', told)
    node.append(make('span', '', label), make('b', '', '×'))
    node.addEventListener('click', () => { model.released = `${name}\n${Date.now()}` })
    return node
  }
  const draw = () => {
    const found = model.items.map((item) =>
      chip(item.name, item.label, `Remove the filter ${item.label}`, 'chip'))
    if (found.length) found.push(chip('', 'Clear all', 'Clear all filters', 'chip all'))
    root.replaceChildren(...found)
  }
  draw()
  model.on('items', draw)
  return root
}
