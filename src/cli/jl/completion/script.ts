import { readFileSync } from 'node:fs';
import { Argument, type Command } from 'commander';

/** `jl completion`: the script that a shell needs. */
export function registerCompletion(root: Command): void {
  root
    .command('completion')
    .description('print what makes a shell complete nodes, commands and options')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
Examples:
  source <(jl completion bash)                          in ~/.bashrc
  source <(jl completion zsh)                           in ~/.zshrc, after compinit
  jl completion fish > ~/.config/fish/completions/jl.fish`,
    )
    .action((shell: string) => {
      process.stdout.write(readFileSync(new URL(`jl.${shell}`, import.meta.url)));
    });
}
