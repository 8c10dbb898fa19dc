// An endpoint: a row to be typed, its answer, and how long that took.
export default widget('endpoint', (first, ask) => {
  const head = heading(first)
  const inputs = form(first.fields, (values) => ask({ values }))
  const send = button('Ask the endpoint', () => ask({ send: true }))
  const said = make('p', 'lead')
  said.setAttribute('role', 'status')
  const took = make('p', 'quiet')
  const scores = strips('What it answered')
  const names = make('p', 'part', 'Milliseconds of the last answers')
  const times = lines('Milliseconds of the last answers')
  const right = box('stack', box('row', send), said, took, scores.node, names, times.node)
  return {
    nodes: [...head.nodes, box('beside', inputs.node, right)],
    draw: (view) => {
      head.draw(view)
      inputs.draw(view.values)
      said.textContent = view.answer
      took.textContent = view.took
      scores.node.hidden = !view.scores
      if (view.scores) scores.draw(view.scores)
      names.hidden = times.node.hidden = view.curves[0].points.length < 2
      if (view.curves[0].points.length > 1) times.draw(view)
    },
    end: times.end,
  }
})
