"""The command that prints the completion script of a shell."""

import click

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    r"""Print what makes a shell complete commands, options and the names of stacks.

    \b
    bash:  eval "$(heat completion bash)"       in ~/.bashrc
    zsh:   eval "$(heat completion zsh)"        in ~/.zshrc
    fish:  heat completion fish | source        in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    from heat.cli.main import COMPLETING, cli

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"there is no completion for {shell}")
    made = kind(cli, {}, "heat", COMPLETING)
    # The check of the shell's version is left out: it starts the shell, which need not be here.
    click.echo(made.source_template % made.source_vars())
