// Reading options as native controls: the first choice of each says what was found.
// Text from data is only ever set through textContent or as a value.

export function render({ model }) {
  const grid = make('div', 'grid')
  const choose = (name, value) => {
    const chosen = { ...model.chosen }
    if (value === '') delete chosen[name]
    else chosen[name] = value
    model.chosen = chosen
  }
  const control = (item) => {
    if (item.choices) {
      const node = make('select')
      for (const words of ['', ...item.choices]) {
        const option = make('option', '', words || item.told)
        option.value = words
        node.append(option)
      }
      node.value = model.chosen[item.name] || ''
      node.addEventListener('change', () => choose(item.name, node.value))
      return node
    }
    const node = make('input')
    node.type = 'text'
    node.placeholder = item.told
    node.value = model.chosen[item.name] || ''
    node.addEventListener('change', () => choose(item.name, node.value.trim()))
    return node
  }
  const draw = () => {
    const held = grid.querySelector(':focus')?.name
    grid.replaceChildren(
      ...model.items.map((item) => {
        const label = make('label')
        const node = control(item)
        node.name = item.name
        node.classList.toggle('set', Boolean(model.chosen[item.name]))
        label.append(make('span', '', item.label), node)
        return label
      })
    )
    if (held) grid.querySelector(`[name="${held}"]`)?.focus()
  }
  draw()
  for (const name of ['items', 'chosen']) model.on(name, draw)
  return grid
}
