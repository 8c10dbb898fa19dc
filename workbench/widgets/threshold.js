// A decision threshold: what moving it does to every group, and to all rows.
export default widget('threshold', (first, ask) => {
  const head = heading(first)
  const label = make('label', 'field slider')
  const slider = make('input')
  Object.assign(slider, { type: 'range', min: 0, max: 1, step: 0.01 })
  const told = make('span', 'told')
  slider.setAttribute('aria-label', first.slider)
  label.append(make('span', 'name', first.slider), told, slider)
  slider.addEventListener('input', () => {
    told.textContent = (+slider.value).toFixed(2)
    ask({ at: +slider.value })
  })
  const reset = button('The model’s own', () => ask({ at: first.own }))
  const facts = make('div', 'facts')
  facts.setAttribute('role', 'status')
  const column = choice('Groups of', (value) => ask({ column: value }))
  const metric = choice('Rate', (value) => ask({ metric: value }))
  const groups = strips('The rate in each group')
  const gap = make('p', 'lead')
  const note = make('p', 'quiet')
  return {
    nodes: [...head.nodes, box('row', box('grow', label), reset), facts,
      box('row', column.node, metric.node), groups.node, gap, note],
    draw: (view) => {
      head.draw(view)
      if (slider !== slider.getRootNode().activeElement) slider.value = view.at
      told.textContent = view.at.toFixed(2)
      reset.disabled = Math.abs(view.at - view.own) < 0.0005
      facts.replaceChildren(...view.facts.map(([name, value]) => box('', name, make('b', '', value))))
      column.draw(view.columns, view.column)
      metric.draw(view.metrics, view.metric)
      groups.draw(view.groups)
      gap.textContent = view.gap
      note.textContent = view.note
    },
  }
})
