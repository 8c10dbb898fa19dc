// A made-up row: its values, what the model says of it, and the way there.
export default widget('whatif', (first, ask) => {
  const head = heading(first)
  const inputs = form(first.fields, (values) => ask({ values }))
  const cls = choice('Toward', (value) => ask({ class: value }))
  const said = make('p', 'lead grow')
  said.setAttribute('role', 'status')
  const reset = button('Reset', () => ask({ reset: true }))
  const scores = strips('What the model says')
  const way = strips('From the average output to this row’s')
  const changed = make('p', 'quiet')
  const right = box('stack', box('row', said, reset), changed, scores.node, cls.node,
    make('p', 'part', 'Because'), way.node)
  return {
    nodes: [...head.nodes, box('beside', inputs.node, right)],
    draw: (view) => {
      head.draw(view)
      inputs.draw(view.values)
      cls.draw(view.classes, view.class)
      said.textContent = view.answer
      changed.textContent = view.changed
      reset.disabled = !view.changed
      scores.node.hidden = !view.scores
      if (view.scores) scores.draw(view.scores)
      way.draw(view.way)
    },
  }
})
