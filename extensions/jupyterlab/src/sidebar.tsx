import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { IRun, Kind, KINDS } from './api';
import { Item } from './item';
import { ItemOf, WorkbenchModel } from './model';
import { Nothing, Trouble } from './notes';
import type { WorkbenchPanel } from './panel';
import { chosen, FEW, filtered, items } from './rows';
import { Heading, IView, ROW, Rows } from './shelf';

const FAR = 5; // pixels that a press may move before it drags

/** The lists below each other in one scrolling window. */
export function Sidebar(props: {
  panel: WorkbenchPanel;
  trans: TranslationBundle;
  filter: string;
}): React.ReactElement {
  const { panel, trans, filter } = props;
  const { model } = panel;
  const scroller = React.useRef<HTMLDivElement>(null);
  const [view, setView] = React.useState<IView>({ top: 0, height: 900 });
  useView(scroller, setView);
  if (!model.workspace?.name) {
    return <Trouble panel={panel} trans={trans} />;
  }
  return (
    <>
      <div className="wb-Search">
        <input
          type="search"
          value={filter}
          placeholder={trans.__('Filter by name, data set, alias…')}
          aria-label={trans.__('Filter the lists')}
          onChange={event => panel.search(event.target.value)}
          onKeyDown={event => {
            if (event.key === 'Escape') {
              panel.search('');
            } else if (event.key === 'ArrowDown') {
              scroller.current?.querySelector<HTMLElement>('[role="option"]')?.focus();
            }
          }}
        />
      </div>
      <div className="wb-Scroll" ref={scroller}>
        {model.error && <Trouble panel={panel} trans={trans} small />}
        {KINDS.map(kind => (
          <Section
            key={kind}
            kind={kind}
            panel={panel}
            trans={trans}
            filter={filter}
            view={view}
            scroller={scroller}
          />
        ))}
      </div>
    </>
  );
}

/** Tell where the window stands, once a frame at most. */
function useView(
  scroller: React.RefObject<HTMLDivElement>,
  setView: (view: IView) => void
): void {
  React.useEffect(() => {
    const node = scroller.current;
    if (!node) {
      return;
    }
    let frame = 0;
    const tell = (): void => {
      window.cancelAnimationFrame(frame);
      frame = window.requestAnimationFrame(() =>
        setView({ top: node.scrollTop, height: node.clientHeight || 900 })
      );
    };
    const sizes = typeof ResizeObserver === 'undefined' ? null : new ResizeObserver(tell);
    sizes?.observe(node);
    node.addEventListener('scroll', tell, { passive: true });
    return () => {
      window.cancelAnimationFrame(frame);
      sizes?.disconnect();
      node.removeEventListener('scroll', tell);
    };
  });
}

interface ISectionProps {
  kind: Kind;
  panel: WorkbenchPanel;
  trans: TranslationBundle;
  filter: string;
  view: IView;
  scroller: React.RefObject<HTMLDivElement>;
}

function Section(props: ISectionProps): React.ReactElement {
  const { kind, panel, trans, filter } = props;
  const { model } = panel;
  const shelf = model.shelves[kind];
  const [all, setAll] = React.useState(false);
  const found = React.useMemo(
    () => items(kind, filtered(kind, shelf.rows, filter, trans)),
    [kind, shelf.rows, filter, trans]
  );
  const open = !panel.closed.includes(kind);
  const few = filter || all ? found.length : Math.min(found.length, FEW[kind]);
  const id = `wb-list-${kind}`;
  const courses = React.useCallback(
    (first: number, last: number) => {
      if (kind === 'runs') {
        model.wantCourses(found.slice(first, last).map(target => target.item as IRun));
      }
    },
    [kind, model, found]
  );
  const toggle = (): void => {
    panel.closed = open ? [...panel.closed, kind] : panel.closed.filter(one => one !== kind);
  };
  const shown = found.slice(0, few);
  return (
    <section data-kind={kind} aria-busy={!shelf.known}>
      <Heading
        label={titleOf(kind, trans)}
        count={shelf.known && !shelf.error ? found.length : null}
        open={open}
        toggle={toggle}
        controls={id}
      >
        {kind === 'runs' && <Compare panel={panel} trans={trans} />}
      </Heading>
      {open && (
        <>
          {(shelf.error !== null || found.length === 0) && (
            <Nothing kind={kind} panel={panel} trans={trans} filter={filter} />
          )}
          {few > 0 && shelf.error === null && (
            <Rows
              id={id}
              label={titleOf(kind, trans)}
              total={few}
              view={props.view}
              scroller={props.scroller}
              shown={courses}
              row={index => (
                <Row key={shown[index].key} index={index} shown={shown} panel={panel} trans={trans} />
              )}
            />
          )}
          {(few < found.length || (all && !filter && found.length > FEW[kind])) && (
            <button type="button" className="wb-More" onClick={() => setAll(!all)}>
              {all ? trans.__('Show fewer') : trans.__('Show all %1', found.length.toLocaleString())}
            </button>
          )}
        </>
      )}
    </section>
  );
}

export function titleOf(kind: Kind, trans: TranslationBundle): string {
  return {
    datasets: trans.__('Data sets'),
    runs: trans.__('Runs'),
    bundles: trans.__('Bundles'),
    endpoints: trans.__('Endpoints'),
    jobs: trans.__('Jobs')
  }[kind];
}

function Compare(props: { panel: WorkbenchPanel; trans: TranslationBundle }): React.ReactElement | null {
  const { panel, trans } = props;
  const runs = panel.selection.filter(target => target.kind === 'runs');
  if (runs.length < 2) {
    return null;
  }
  return (
    <button type="button" className="wb-Small" onClick={panel.actions.compare}>
      {trans.__('Compare %1', runs.length)}
    </button>
  );
}

interface IRowProps {
  index: number;
  shown: readonly ItemOf[];
  panel: WorkbenchPanel;
  trans: TranslationBundle;
}

function Row(props: IRowProps): React.ReactElement {
  const { index, shown, panel, trans } = props;
  const target = shown[index];
  const mine = panel.selection.filter(one => one.kind === target.kind).map(one => one.key);
  const selected = mine.includes(target.key);
  const active = panel.selection.length > 0 ? panel.selection[0].key === target.key : index === 0;
  return (
    <div
      role="option"
      aria-selected={selected}
      aria-posinset={index + 1}
      aria-setsize={shown.length}
      tabIndex={active || index === 0 ? 0 : -1}
      className="wb-Row"
      style={{ height: ROW }}
      data-kind={target.kind}
      data-key={target.key}
      data-state={(target.item as { state?: string }).state}
      onPointerDown={event => pressed(event, props)}
      onContextMenu={() => {
        if (!selected) {
          panel.selection = [target];
          panel.update();
        }
      }}
      onDoubleClick={() => panel.actions.open(target)}
      onKeyDown={event => typed(event, props)}
    >
      <Item
        target={target}
        trans={trans}
        course={courseOf(panel.model, target)}
        cancel={panel.actions.cancel}
      />
    </div>
  );
}

function courseOf(model: WorkbenchModel, target: ItemOf): ReturnType<WorkbenchModel['course']> {
  return target.kind === 'runs' ? model.course(target.key) : undefined;
}

/** A press chooses; one that moves drags what is chosen. */
function pressed(event: React.PointerEvent<HTMLElement>, props: IRowProps): void {
  if (event.button !== 0 || (event.target as HTMLElement).closest('button')) {
    return;
  }
  const { panel, shown, index } = props;
  const target = shown[index];
  const held = panel.selection.some(one => one.kind === target.kind && one.key === target.key);
  if (!held || event.ctrlKey || event.metaKey || event.shiftKey) {
    choose(props, { toggle: event.ctrlKey || event.metaKey, extend: event.shiftKey });
  }
  const { clientX, clientY } = event;
  const moved = (move: PointerEvent): void => {
    if (Math.hypot(move.clientX - clientX, move.clientY - clientY) > FAR) {
      done();
      panel.actions.drag([...panel.selection], move.clientX, move.clientY);
    }
  };
  const lifted = (): void => {
    done();
    if (held && panel.selection.length > 1 && !event.shiftKey && !event.ctrlKey && !event.metaKey) {
      choose(props, { toggle: false, extend: false });
    }
  };
  const done = (): void => {
    document.removeEventListener('pointermove', moved, true);
    document.removeEventListener('pointerup', lifted, true);
  };
  document.addEventListener('pointermove', moved, true);
  document.addEventListener('pointerup', lifted, true);
}

let anchor: string | null = null;

function choose(props: IRowProps, how: { toggle: boolean; extend: boolean }): void {
  const { panel, shown, index } = props;
  const target = shown[index];
  const before = panel.selection.filter(one => one.kind === target.kind).map(one => one.key);
  const order = shown.map(one => one.key);
  const keys = chosen(before, order, target.key, anchor, how);
  if (!how.extend) {
    anchor = target.key;
  }
  panel.selection = shown.filter(one => keys.includes(one.key));
  panel.update();
}

/** Arrows walk through all lists; Enter opens, F2 renames, Space adds to the choice. */
function typed(event: React.KeyboardEvent<HTMLElement>, props: IRowProps): void {
  const { panel, shown, index } = props;
  switch (event.key) {
    case 'Enter':
      panel.actions.open(shown[index]);
      break;
    case 'F2':
      if (shown[index].kind !== 'runs') {
        return;
      }
      panel.selection = [shown[index]]; // the row that has the keys, whatever is chosen
      panel.update();
      panel.actions.rename();
      break;
    case ' ':
      choose(props, { toggle: true, extend: false });
      break;
    case 'ArrowDown':
    case 'ArrowUp':
      walk(event.currentTarget, event.key === 'ArrowDown' ? 1 : -1, event.shiftKey);
      break;
    default:
      return;
  }
  event.preventDefault();
}

function walk(from: HTMLElement, step: number, extend: boolean): void {
  const all = from.closest('.wb-Scroll')?.querySelectorAll<HTMLElement>('[role="option"]');
  const rows = [...(all ?? [])];
  const next = rows[rows.indexOf(from) + step] as HTMLElement | undefined;
  if (!next) {
    return;
  }
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
  // as a press does it, so that keys and mouse choose alike
  next.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, shiftKey: extend }));
  document.dispatchEvent(new PointerEvent('pointerup'));
}
