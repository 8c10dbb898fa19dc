// The first rows of a source, with a picker of what each column is for.
// Text from data is only ever set through textContent.

export function render({ model }) {
  const frame = make('div', 'frame')
  frame.tabIndex = 0
  frame.setAttribute('role', 'group')
  frame.setAttribute('aria-label', 'First rows of the source')
  let pickers = {}

  const colour = (picker) => picker.classList.toggle('set', picker.value !== '')
  const choose = (name, role) => {
    const roles = { ...model.roles }
    if (role === 'target') {
      for (const other of Object.keys(roles)) if (roles[other] === 'target') delete roles[other]
    }
    if (role) roles[name] = role
    else delete roles[name]
    model.roles = roles
  }
  const picker = (name) => {
    const node = make('select')
    node.setAttribute('aria-label', `Role of ${name}`)
    for (const [value, words] of model.choices) {
      const option = make('option', '', words)
      option.value = value
      node.append(option)
    }
    node.addEventListener('change', () => choose(name, node.value))
    return node
  }
  const head = (spec) => {
    const th = make('th', spec.right ? 'right' : '')
    th.scope = 'col'
    th.append(make('span', 'name', spec.name), make('span', 'kind', spec.kind))
    pickers[spec.name] = picker(spec.name)
    th.append(pickers[spec.name])
    return th
  }
  const shown = () => {
    for (const [name, node] of Object.entries(pickers)) {
      node.value = model.roles[name] || ''
      colour(node)
    }
  }
  const draw = () => {
    pickers = {}
    const table = make('table')
    const top = make('tr')
    model.heads.forEach((spec) => top.append(head(spec)))
    const thead = make('thead')
    thead.append(top)
    const tbody = make('tbody')
    model.rows.forEach((cells) => {
      const tr = make('tr')
      cells.forEach((cell, i) => {
        const side = model.heads[i]?.right ? 'right' : ''
        tr.append(cell === null ? make('td', `${side} none`, '—') : make('td', side, cell))
      })
      tbody.append(tr)
    })
    table.append(thead, tbody)
    frame.replaceChildren(table)
    shown()
  }
  draw()
  for (const name of ['heads', 'rows', 'choices']) model.on(name, draw)
  model.on('roles', shown)
  return frame
}
