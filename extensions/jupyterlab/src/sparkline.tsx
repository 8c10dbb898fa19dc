import * as React from 'react';
import type { ICourse } from './api';
import { score } from './format';

export const WIDTH = 56;
export const HEIGHT = 16;

/** The points of a line through the values, as an SVG path; gaps where there is none. */
export function linePath(values: readonly (number | null)[]): string {
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2) {
    return '';
  }
  const low = Math.min(...known);
  const span = Math.max(...known) - low || 1;
  let begun = false;
  return values
    .map((value, i) => {
      if (value === null) {
        begun = false;
        return '';
      }
      const x = 1 + ((WIDTH - 2) * i) / (values.length - 1);
      const y = HEIGHT - 2 - ((HEIGHT - 4) * (value - low)) / span;
      const move = begun ? 'L' : 'M';
      begun = true;
      return `${move}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}

/** How a fit went, as small as a word. */
export function Sparkline(props: { course: ICourse | undefined }): React.ReactElement | null {
  const path = props.course ? linePath(props.course.values) : '';
  if (!props.course || !path) {
    return null;
  }
  const known = props.course.values.filter((value): value is number => value !== null);
  const said = `${props.course.name}: ${score(known[0])} → ${score(known[known.length - 1])}`;
  return (
    <svg
      className="wb-Spark"
      role="img"
      aria-label={said}
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
    >
      <title>{said}</title>
      <path d={path} />
    </svg>
  );
}
