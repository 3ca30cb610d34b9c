import { literally } from './patterns.ts';

/** `debian login: `, but not `Last login: `; with or without a kernel message behind it. */
export const LOGIN_PROMPT = /(?<![Ll]ast |[Ff]ailed )\blogin: /;

/** As `LOGIN_PROMPT`, where nothing follows. */
export const LOGIN_PROMPT_AT_END = new RegExp(`${LOGIN_PROMPT.source}$`);

/** As asked after the name. */
export const PASSWORD_PROMPT = /[Pp]assword(?: for [^\r\n:]*)?: /;

/** Asked after the right password when it has expired. */
export const NEW_PASSWORD_PROMPT = /(?:[Nn]ew|[Cc]urrent) (?:UNIX )?password: /;

/** `$ `, `# `, `/ # `, `~ $ `, `sh-5.2# `: a prompt only where nothing follows. */
export const BARE_PROMPT = /(?:^|[\r\n])(?:[\w.-]*[\w.~/-]* ?)?[$#] $/;

/** `USER@host:~$ `, `[USER@host ~]$ `: a prompt wherever it stands. `after` is what must follow. */
export function userPrompt(username: string, after = ''): RegExp {
  const user = literally(username);
  return new RegExp(`(?:^|[\\r\\n])\\[?${user}@[\\w.-]+[: ][^\\r\\n$#%>]*[$#%>] ${after}`);
}
