import { machineTest } from 'jumplead/playwright';
import { qemu } from 'jumplead/qemu';
import { console, http } from 'jumplead/wait';
import { tinyGuest } from './guest.ts';

const PAGE = '<title>tiny</title><h1>A whole machine</h1>';

// #region set-up
export const test = machineTest(qemu(await tinyGuest()), {
  ready: async (vm) => {
    await vm.waitFor(console(/root@tiny:~# $/));
    await using tty = await vm.console.open({ from: 'now' });
    await tty.run(`mkdir /www && echo '${PAGE}' >/www/index.html && httpd -h /www`);
    await vm.waitFor(http('web', '/'));
  },
  web: 'web', // the forward that `page.goto('/')` leads to
  artifacts: 'out',
});
// #endregion
