// The app's cards and chips in the output of a notebook: each in a shadow of its own, so that no
// style leaves it, and spoken to by the names of this widget. Text is only ever set through textContent.

const speaking = (model, names, heard) => {
  const part = {
    on: (name, draw) => {
      const event = `change:${names[name]}`
      model.on(event, draw)
      heard.push([event, draw])
    },
  }
  for (const [name, own] of Object.entries(names)) {
    Object.defineProperty(part, name, {
      get: () => model.get(own),
      set: (value) => {
        model.set(own, value)
        model.save_changes()
      },
    })
  }
  return part
}

const shaded = (content, css) => {
  const host = make('div')
  const style = make('style', '', css)
  host.attachShadow({ mode: 'open' }).append(style, content)
  return host
}

const drawn = ({ heads, cells }) => {
  const table = make('table')
  const head = table.createTHead().insertRow()
  for (const name of heads) {
    const cell = make('th', '', name)
    cell.scope = 'col'
    head.append(cell)
  }
  const body = table.createTBody()
  for (const row of cells) {
    const line = body.insertRow()
    for (const cell of row) line.append(make('td', '', cell))
  }
  return table
}

function render({ model, el }) {
  const heard = []
  const root = make('div', 'wb-profile')
  const cards = columns({
    model: speaking(model, { items: 'items', selected: 'selected', picked: 'picked' }, heard),
  })
  const choice = chips({ model: speaking(model, { items: 'chips', released: 'released' }, heard) })
  const said = make('p', 'said')
  said.setAttribute('role', 'status')
  const rows = make('div', 'rows')
  rows.tabIndex = 0
  rows.setAttribute('role', 'group')
  rows.setAttribute('aria-label', 'First rows')
  const draw = () => {
    said.textContent = model.get('rows').said
    rows.replaceChildren(drawn(model.get('rows')))
  }
  draw()
  model.on('change:rows', draw)
  heard.push(['change:rows', draw])
  const title = make('p', 'title', model.get('title'))
  root.append(title, shaded(choice, chipsStyle), shaded(cards, columnsStyle), said, rows)
  el.append(root)
  return () => heard.forEach(([event, what]) => model.off(event, what))
}

export default { render }
