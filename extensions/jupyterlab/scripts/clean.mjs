// Removes what a build makes, so that no file of an earlier one stays.
import fs from 'node:fs';
for (const made of ['lib', 'tsconfig.tsbuildinfo', '../../workbench/lab/labextension']) {
  fs.rmSync(made, { recursive: true, force: true });
}
