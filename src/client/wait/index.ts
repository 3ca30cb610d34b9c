/** What `vm.waitFor` takes: `import { all, console, http, ssh } from 'jumplead/wait'`. */
export { all, any } from './compose.ts';
export { console, type HasConsole } from './console.ts';
export { type CustomWatch, custom } from './custom.ts';
export { type HasSsh, ssh } from './ssh.ts';
export type { Wait } from './wait.ts';
