// The app's cards and chips in the output of a notebook: each in a shadow of its own, so that no
// style leaves it, with a model that reads the view and asks. Text is only ever set through textContent.

const shaded = (content, css) => {
  const host = make('div')
  const style = make('style', '', css)
  host.attachShadow({ mode: 'open' }).append(style, content)
  return host
}

const tabled = ({ heads, cells }) => {
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

export default widget('profile', (first, ask) => {
  let view = first
  let selected = ''
  const redraw = { items: [], selected: [] }
  const model = (items, said) => ({
    get items() { return view[items] },
    get selected() { return selected },
    set selected(name) {
      selected = name
      redraw.selected.forEach((draw) => draw())
    },
    set [said](what) { ask({ [said]: what }) },
    on: (event, draw) => redraw[event].push(draw),
  })
  const head = heading(first)
  const choice = chips({ model: model('chips', 'released') })
  const cards = columns({ model: model('items', 'picked') })
  const said = make('p', 'said')
  said.setAttribute('role', 'status')
  const rows = make('div', 'rows')
  rows.tabIndex = 0
  rows.setAttribute('role', 'group')
  rows.setAttribute('aria-label', 'First rows')
  return {
    nodes: [head.nodes[0], shaded(choice, chipsStyle), shaded(cards, columnsStyle), said, rows],
    draw: (now) => {
      view = now
      redraw.items.forEach((draw) => draw())
      said.textContent = view.rows.said
      rows.replaceChildren(tabled(view.rows))
    },
  }
})
