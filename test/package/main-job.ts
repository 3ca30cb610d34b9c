// #region main-job
import { serve } from 'jumplead';
import { qemu } from 'jumplead/qemu';

await using vm = await serve(qemu({ arch: 'x86_64', memory: '1GiB', cpus: 2 }), { artifacts: 'out' });

await vm.flasher.flash('images/debian-12.qcow2', {
  onProgress: ({ phase, bytes }) => console.log(phase, bytes),
});
await vm.power.on();

await using tty = await vm.console.open();
await tty.login(vm.credentials); // waits for the prompt, logs in, ends at a shell prompt
await tty.run('sudo setenforce 0'); // a command on the console, with its exit code

await using ssh = await vm.ssh.connect();
const { stdout } = await ssh.run(['uname', '-r']);
console.log(`the kernel is ${stdout}`);

await using screen = await vm.display.open(); // a page of our own, offline, on the loopback interface
console.log(screen.url);
await screen.screenshot('out/booted.png');

await vm.power.off();
// #endregion
