/** What `vm.waitFor` takes: `import { all, console, http, ssh } from 'jumplead/wait'`. */
export { agent, type HasAgent } from './agent.ts';
export { type CloudInitOptions, type CloudInitResult, cloudInit } from './cloud-init.ts';
export { all, any } from './compose.ts';
export { console, type HasConsole } from './console.ts';
export { type CustomWatch, custom } from './custom.ts';
export { type HasNetwork, type HasPorts, type HttpAnswer, type HttpOptions, http } from './http.ts';
export { type HasSsh, ssh } from './ssh.ts';
export type { Wait } from './wait.ts';
