/** The page that shows the screen of a machine in a browser. */
export { openScreenPage, type ScreenPage, type ScreenPageOptions } from './screen-page.ts';
