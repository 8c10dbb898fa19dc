import { caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { inView } from './rows';

export const ROW = 44;

/** Where the list's own window stands, told by the side bar that scrolls. */
export interface IView {
  top: number;
  height: number;
}

/** The heading of a list: opens and closes it, and holds what can be done with all of it. */
export function Heading(props: {
  label: string;
  count: number | null;
  open: boolean;
  toggle: () => void;
  controls: string;
  children?: React.ReactNode;
}): React.ReactElement {
  return (
    <div className="wb-Heading">
      <h3>
        <button
          type="button"
          className="wb-Heading-toggle"
          aria-expanded={props.open}
          aria-controls={props.controls}
          onClick={props.toggle}
        >
          <caretRightIcon.react tag="span" className="wb-Caret" width="16px" height="16px" />
          <span>{props.label}</span>
          {props.count !== null && <span className="wb-Count">{props.count.toLocaleString()}</span>}
        </button>
      </h3>
      <span className="wb-Heading-tools">{props.children}</span>
    </div>
  );
}

/**
 * A list whose rows are all of one height: only those in view are made.
 *
 * The list does not scroll itself; the side bar does, and tells where it stands.
 */
export function Rows(props: {
  total: number;
  view: IView;
  scroller: React.RefObject<HTMLElement>;
  row: (index: number) => React.ReactElement;
  label: string;
  id: string;
  shown?: (first: number, last: number) => void;
}): React.ReactElement {
  const { total, view, shown } = props;
  const box = React.useRef<HTMLDivElement>(null);
  const [offset, setOffset] = React.useState(0);
  // after each draw: what stands above may have grown
  // eslint-disable-next-line react-hooks/exhaustive-deps
  React.useLayoutEffect(() => {
    if (box.current && props.scroller.current) {
      const top =
        box.current.getBoundingClientRect().top -
        props.scroller.current.getBoundingClientRect().top +
        props.scroller.current.scrollTop;
      if (Math.abs(top - offset) > 1) {
        setOffset(top);
      }
    }
  });
  const { first, last } = inView(total, ROW, view.top - offset, view.height);
  React.useEffect(() => shown?.(first, last), [first, last, total, shown]);
  const rows = [];
  for (let i = first; i < last; i++) {
    rows.push(props.row(i));
  }
  return (
    <div
      ref={box}
      id={props.id}
      role="listbox"
      aria-multiselectable="true"
      aria-label={props.label}
      className="wb-Rows"
      style={{ height: total * ROW }}
    >
      <div style={{ transform: `translateY(${first * ROW}px)` }}>{rows}</div>
    </div>
  );
}
