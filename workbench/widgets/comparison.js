// Runs beside each other: one metric at a time with intervals, and the verdict about two of them.
export default widget('comparison', (first, ask) => {
  const head = heading(first)
  const metric = choice('Judged by', (value) => ask({ metric: value }))
  const board = strips('Runs, the best first', (key) => ask({ pick: key }))
  const hint = make('p', 'quiet', 'Press two runs to hold them against each other.')
  const verdict = make('p', 'lead')
  verdict.setAttribute('role', 'status')
  const pair = strips('Differences of the two')
  const part = make('p', 'part')
  const notes = make('div', 'stack')
  return {
    nodes: [...head.nodes, metric.node, board.node, hint, verdict, part, pair.node, notes],
    draw: (view) => {
      head.draw(view)
      metric.draw(view.metrics, view.metric)
      board.draw(view.board)
      hint.hidden = view.pair !== null
      verdict.hidden = part.hidden = pair.node.hidden = view.pair === null
      notes.replaceChildren()
      if (!view.pair) return
      verdict.textContent = view.pair.sentence
      part.textContent = view.pair.title
      pair.draw(view.pair.board)
      notes.replaceChildren(...view.pair.notes.map((text) => make('p', 'quiet', text)))
    },
  }
})
