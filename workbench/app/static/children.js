// Two faults of Bokeh 3.9 that lose parts of a page on a slow browser, mended for all layouts.
//
// A new view hears changes only once all its siblings are built, so children that arrive in
// between are never drawn: after each drawing the view now looks whether it has them all.
// Overlapping builds make two views of one child, one of them an orphan (bokeh #15358): the
// builds of a layout now wait for each other.
{
  const layouts = Bokeh.require('models/layouts/layout_dom').LayoutDOMView.prototype
  const { build_child_views: build, after_render: drawn } = layouts
  const turns = new WeakMap()

  layouts.build_child_views = function () {
    const turn = (turns.get(this) ?? Promise.resolve()).then(() => build.call(this))
    turns.set(this, turn.catch(() => {}))
    return turn
  }

  layouts.after_render = function () {
    drawn.call(this)
    if (this.child_models.some((child) => !this._child_views.has(child))) this.update_children()
  }
}
