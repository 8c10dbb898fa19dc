import type { TranslationBundle } from '@jupyterlab/translation';

/** `48,842`, in the language of the page. */
export function count(value: number): string {
  return value.toLocaleString();
}

/** `0.984`, `1,204`, `3.1e-6`: about four digits, as tables print them. */
export function score(value: number | null): string {
  if (value === null) {
    return '–';
  }
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) {
    return value.toExponential(1);
  }
  return size >= 1000 ? count(Math.round(value)) : value.toPrecision(size >= 1 ? 4 : 3);
}

/** How long ago a moment was, shortly. */
export function ago(moment: string | null, trans: TranslationBundle, now = Date.now()): string {
  if (!moment) {
    return '';
  }
  const seconds = (now - Date.parse(moment)) / 1000;
  if (seconds < 45) {
    return trans.__('just now');
  }
  if (seconds < 3600) {
    return trans.__('%1 min ago', Math.round(seconds / 60));
  }
  if (seconds < 24 * 3600) {
    return trans.__('%1 h ago', Math.round(seconds / 3600));
  }
  const day = { day: 'numeric', month: 'short' } as const;
  return new Date(moment).toLocaleDateString(undefined, day);
}

/** A job as a person says it: `Import tumours.csv`. */
export function jobTitle(
  job: { action: string; subject: string },
  trans: TranslationBundle
): string {
  const verbs: Record<string, string> = {
    import: trans.__('Import'),
    profile: trans.__('Profile'),
    train: trans.__('Train on'),
    tune: trans.__('Tune on'),
    export: trans.__('Export'),
    serve: trans.__('Serve'),
    promote: trans.__('Make champion'),
    rename: trans.__('Rename'),
    explain: trans.__('Explain'),
    fairness: trans.__('Audit fairness of'),
    validate: trans.__('Validate'),
    adopt: trans.__('Adopt'),
    watch: trans.__('Watch'),
    drift: trans.__('Drift of')
  };
  const verb = verbs[job.action] ?? job.action.charAt(0).toUpperCase() + job.action.slice(1);
  return job.subject ? `${verb} ${job.subject}` : verb;
}
