import { LabIcon } from '@jupyterlab/ui-components';

function icon(name: string, path: string): LabIcon {
  const svgstr = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path class="jp-icon3 jp-icon-selectable" fill="#616161" d="${path}"/></svg>`;
  return new LabIcon({ name: `workbench:${name}`, svgstr });
}

/** Three bars on a bench. */
export const workbenchIcon = icon(
  'mark',
  'M5 12h3v5H5zm5.500-7h3v12h-3zM16 9h3v8h-3zM3 18.500h18v2H3z'
);
export const sendIcon = icon(
  'send-frame',
  'M3 4h12v2H5v3h4v2H5v3h4v2H5v2h5v2H3zm8 5h4v2h-4zm6.500 1 5 5-5 5-1.400-1.400L18.700 16H11v-2h7.700l-2.600-2.600z'
);
export const openIcon = icon(
  'open',
  'M5 5h6v2H7v10h10v-4h2v6H5zm9-1h6v6h-2V7.400l-7.300 7.300-1.400-1.400L16.600 6H14z'
);
/** A curve that rises: training. */
export const trainIcon = icon(
  'train',
  'M3 19h18v2H3zM4 16.500l5-6 4 3 6-8V9h2V2h-7v2h3.600l-5 6.700-4-3L2.400 15z'
);
/** Two bars side by side: comparison. */
export const compareIcon = icon('compare', 'M4 9h5v10H4zm7-5h2v17h-2zm4 9h5v6h-5z');
