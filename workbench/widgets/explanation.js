// Why a model says what it says: all columns, one column, one row.
export default widget('explanation', (first, ask) => {
  const head = heading(first)
  const cls = choice('Toward', (value) => ask({ class: value }))
  const all = button('All columns', () => ask({ column: null }))
  const columns = strips('Mean size of each column’s contribution; press one to see it alone',
    (key) => ask({ column: key }))
  const title = make('p', 'part')
  const dots = scatter('Contributions of the rows', (key) => ask({ row: key }))
  const caption = make('p', 'quiet')
  const before = button('Previous', () => ask({ step: -1 }))
  const after = button('Next', () => ask({ step: 1 }))
  const said = make('p', 'lead grow')
  said.setAttribute('role', 'status')
  const way = strips('From the average output to this row’s')
  const left = box('stack', make('p', 'part', 'Importance'), columns.node, all)
  const right = box('stack', title, dots.node, caption)
  return {
    nodes: [...head.nodes, cls.node, box('beside', left, right), make('p', 'part', 'One row'),
      box('row', said, before, after), way.node],
    draw: (view) => {
      head.draw(view)
      cls.draw(view.classes, view.class)
      columns.draw(view.columns)
      all.hidden = view.column === null
      title.textContent = view.picture.title
      caption.textContent = view.picture.caption
      dots.draw(view.picture)
      said.textContent = view.row.said
      way.draw(view.row.way)
      before.disabled = view.row.place === 0
      after.disabled = view.row.place === view.row.last
    },
    end: dots.end,
  }
})
