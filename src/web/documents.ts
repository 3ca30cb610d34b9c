import { createHash } from 'node:crypto';
import { SCRIPT_EXTENSION } from './assets.ts';

/** What the page's scripts import by a name that only a bundler or Node would know. */
const IMPORTS = JSON.stringify({ imports: { '@novnc/novnc': '/novnc/core/rfb.js' } });

/** Nothing from anywhere but this server; the one script within the page is known by its digest. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${createHash('sha256').update(IMPORTS).digest('base64')}'`,
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The headers of every answer. */
export const HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

/** The page with the screen of the machine `title`; without one, the machine says its name itself. */
export function screenDocument(title: string): string {
  const body = `
<header>
  <h1 id="name" data-title="${escapeHtml(title)}">${escapeHtml(title || 'Screen')}</h1>
  <p id="status" role="status" data-state="connecting">Connecting</p>
  <div role="toolbar" aria-label="Screen" aria-controls="screen">
    <button id="ctrl-alt-del" type="button" disabled>Ctrl-Alt-Del</button>
    <button id="size" type="button" aria-pressed="true" title="Scale the picture to the window">Fit</button>
    <button id="picture" type="button" disabled title="Save what is on the screen as a PNG file">Save picture</button>
    <button id="fullscreen" type="button" title="Show the screen alone; Esc ends it">Full screen</button>
  </div>
</header>
<main id="screen" aria-label="Screen of the machine">
  <section id="notice" hidden>
    <h2>No picture</h2>
    <p id="reason"></p>
    <p id="next"></p>
    <button id="reconnect" type="button">Connect now</button>
  </section>
</main>
<script type="importmap">${IMPORTS}</script>
<script type="module" src="/ui/main${SCRIPT_EXTENSION}"></script>`;
  return htmlDocument(title || 'Screen', body);
}

/** The page for those who may not see the other one. */
export function refusalDocument(): string {
  const body = `
<main>
  <section>
    <h1>This link has been used</h1>
    <p>A link to the screen works once, in one browser. That browser can reload the page as long as the screen is open;
    for another one, ask the program that gave you this link for a new one.</p>
  </section>
</main>`;
  return htmlDocument('This link has been used', body);
}

function htmlDocument(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="/ui/icon.svg">
<link rel="stylesheet" href="/ui/style.css">
</head>
<body>${body}
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
