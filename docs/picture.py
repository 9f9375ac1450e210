# ruff: noqa: INP001 - a program of its own
"""Makes docs/heat.svg, the picture of the README, from a real run: `make picture`.

A local cloud whose servers and volumes take their time is started, the first example is launched
on it, and what a terminal shows then is taken down a few times a second.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from html import escape
from io import StringIO
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.style import Style
from rich.text import Text

from heat.cli import live
from heat.cli.client import Client, connect
from heat.cli.frame import frame
from heat.cli.progress import Line

ROOT = Path(__file__).parents[1]
HEAT = Path(sys.executable).with_name("heat")
EXAMPLE = "examples/wordpress.yaml"
COMMAND = f"heat stack create wordpress -t {EXAMPLE} --wait"
LATENCY = ("server.create=3", "volume.create=1", "volume.attach=1")
WIDTH, HEIGHT = 100, 27
EVERY = 0.4
"""Seconds between pictures."""
LASTING = 5.0
"""Seconds that the last one stays."""
FONT = "ui-monospace, Menlo, Consolas, monospace"
CHARACTER, ROW, MARGIN = 8.4, 18.0, 14
GROUND, PLAIN = "#0d1117", "#e6edf3"
COLOURS = {"green": "#3fb950", "red": "#f85149", "yellow": "#d29922", "grey": "#8b949e"}
Row = list[tuple[str, str]]
"""Texts with their colours."""


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        options = [word for latency in LATENCY for word in ("--latency", latency)]
        state, ready = Path(folder, "state"), Path(folder, "ready")
        command: list[str | Path] = [HEAT, "dev", "--state-dir", state, "--ready-file", ready]
        command += ["--port-base", "0"]
        running = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)  # noqa: S603
        try:
            while not ready.exists():
                time.sleep(0.1)
            pages = list(_pages(state))
        finally:
            running.terminate()
            running.wait()
    (ROOT / "docs" / "heat.svg").write_text(_animated(pages), encoding="utf-8")


def _pages(state: Path) -> Iterator[list[Row]]:
    """Launch the example; yield what a terminal shows, as rows of texts with their styles."""
    environment = dict(line.split("=", 1) for line in (state / "env").read_text().splitlines())
    client = connect(environment)
    yield _rows([Text(f"$ {COMMAND}")])
    subprocess.run(  # noqa: S603
        [HEAT, *COMMAND.split()[1:-1]],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    watching = live.Watching(client, client.find("wordpress"))
    rest = False
    while not rest:
        rest, _ = watching.look(_unheard)
        yield _rows([Text(f"$ {COMMAND}"), frame(watching.progress, time.monotonic(), HEIGHT)])
        time.sleep(EVERY)
    yield _rows([Text(f"$ {COMMAND}"), _ending(client, watching)])


def _unheard(_: Line) -> None:
    """Let the lines of events be."""


def _ending(client: Client, watching: live.Watching) -> Text:
    said = Console(file=StringIO(), width=WIDTH)
    live.tell(client, watching, said, "CREATE")
    assert isinstance(said.file, StringIO)  # noqa: S101
    return Text(said.file.getvalue())


def _rows(shown: list[RenderableType]) -> list[Row]:
    """Lay out what is shown on a terminal."""
    console = Console(file=StringIO(), width=WIDTH, force_terminal=True)
    lines = [
        line for one in shown for line in console.render_lines(one, console.options, pad=False)
    ]
    return [[(part.text, _colour(part.style)) for part in line] for line in lines[:HEIGHT]]


def _colour(style: Style | None) -> str:
    if style is None:
        return PLAIN
    name = style.color.name if style.color else ""
    return COLOURS.get(name, COLOURS["grey"] if style.dim or name.startswith("grey") else PLAIN)


def _animated(pages: Sequence[list[Row]]) -> str:
    """Write the pages one after the other, and again from the first."""
    whole = EVERY * (len(pages) - 1) + LASTING
    width, height = WIDTH * CHARACTER + 2 * MARGIN, HEIGHT * ROW + 2 * MARGIN
    box = f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="{FONT}" font-size="14"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}>',
        "<title>heat stack create, as a terminal shows it</title>",
        "<style>text{white-space:pre}g{visibility:hidden}g:last-child{visibility:visible}",
    ]
    for n in range(len(pages)):
        begin, end = 100 * n * EVERY / whole, 100 * (n + 1) * EVERY / whole
        shown = "visibility:visible"
        steps = f"{begin:.2f}%{{{shown}}}"
        if n:
            steps = f"0%{{visibility:hidden}}{steps}"
        if n < len(pages) - 1:
            steps += f"{end:.2f}%,100%{{visibility:hidden}}"
        else:
            steps += f"100%{{{shown}}}"
        parts.append(
            f"@keyframes p{n}{{{steps}}}#p{n}{{animation:p{n} {whole:.1f}s step-end infinite}}"
        )
    parts.append("</style>")
    parts.append(f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>')
    for n, rows in enumerate(pages):
        parts.append(f'<g id="p{n}">')
        parts += [_line(row, MARGIN + (at + 0.75) * ROW) for at, row in enumerate(rows) if row]
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _line(row: Row, top: float) -> str:
    spans: list[str] = []
    column = 0
    for text, colour in row:
        if text.strip():
            at = f'x="{MARGIN + column * CHARACTER:.1f}"'
            spans.append(f'<tspan {at} fill="{colour}">{escape(text.rstrip())}</tspan>')
        column += cell_len(text)
    return f'<text y="{top:.1f}">{"".join(spans)}</text>' if spans else ""


if __name__ == "__main__":
    main()
