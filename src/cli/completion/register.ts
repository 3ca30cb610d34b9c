import { Argument, type Command } from 'commander';
import { completionScript, SHELLS, type Shell } from './scripts.ts';

/**
 * Adds `completion bash|zsh|fish`, which prints a script for that shell, and `complete`, which the script calls.
 *
 * @param wholeProgram The program with all its commands, where that is more than what `program` has from the start.
 */
export function registerCompletion(
  program: Command,
  wholeProgram: (words: readonly string[]) => Command | Promise<Command> = () => program,
): void {
  const name = program.name();
  program
    .command('completion')
    .description('print a script that completes the command line in your shell')
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  source <(${name} completion bash)                 # in ~/.bashrc
  source <(${name} completion zsh)                  # in ~/.zshrc, after compinit
  ${name} completion fish | source                  # in ~/.config/fish/config.fish`,
    )
    .action((shell: Shell) => void process.stdout.write(completionScript(shell, name)));
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .helpOption(false)
    .passThroughOptions()
    .action(async (words: string[]) => {
      const { complete } = await import('./complete.ts');
      const { candidates, files } = await complete(await wholeProgram(words), words);
      const lines = candidates.map(([word, description]) => `${word}\t${description.split('\n')[0]}\n`);
      process.stdout.write(`${lines.join('')}${files ? ':files\n' : ''}`);
    });
}
