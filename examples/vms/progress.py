#!/usr/bin/env python3
"""Draws progress.svg: what a terminal shows of `vms --progress`, at three moments of one run.

    cargo build --example vms && examples/vms/progress.py

It needs tmux, in which the program runs, and from which the rows come with their colours.
"""
import html, os, re, subprocess, sys, time

COMMAND = "vms --progress --machines 4 --hang 2"
# A moment, and the states in which the machines are then.
MOMENTS = [
    ("They boot at the same time.", {"up", "entering"}),
    ("They stop at the same time.", {"exited", "exiting"}),
    ("One does not.", {"exited", "did not stop within 1s, and was killed"}),
]
COLORS = {"36": "#1b7c83", "32": "#1a7f37", "33": "#9a6700", "31": "#cf222e", "2": "#8c959f", "": "#1f2328"}
SIZE, WIDTH, LINE, CHAR = 15, 720, 22, 9.02
HERE = os.path.dirname(os.path.abspath(__file__))


def run(attempt):
    """Runs the program, and returns the moments that were seen, each with its rows."""
    server = f"withal-{os.getpid()}-{attempt}"

    def tmux(*args):
        return subprocess.run(["tmux", "-L", server, *args], check=True, capture_output=True, text=True).stdout

    program = os.path.join(HERE, "../../target/debug/examples", COMMAND)
    tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "12", program + "; sleep 60")
    seen, end = [], time.monotonic() + 5
    while len(seen) < len(MOMENTS) and time.monotonic() < end:
        rows = [row for row in tmux("capture-pane", "-p", "-e").split("\n") if "━" in row]
        plain = [re.sub("\x1b\\[[0-9;]*m", "", row) for row in rows]
        title, states = MOMENTS[len(seen)]
        if {re.split(r"\d s +", row)[-1].strip() for row in plain} == states:
            seen.append((title, rows))
    tmux("kill-server")
    return seen


def frames():
    """Some of the moments are short, and can be missed."""
    for attempt in range(10):
        if len(seen := run(attempt)) == len(MOMENTS):
            return seen
    sys.exit("not every moment was seen in ten runs")


def spans(row):
    """The row in the pieces that have a colour."""
    color, text = "", []
    for piece in re.split("(\x1b\\[[0-9;]*m)", row):
        if piece.startswith("\x1b"):
            codes = re.findall(r"\d+", piece) or ["0"]
            color = next((code for code in codes if code in COLORS), "")
        elif piece:
            text.append(f'<tspan fill="{COLORS[color]}">{html.escape(piece)}</tspan>')
    return "".join(text)


y, body = 34, []
for title, rows in frames():
    body.append(f'<text class="h" x="20" y="{y}">{html.escape(title)}</text>')
    for row in rows:
        y += LINE
        body.append(f'<text x="20" y="{y}">{spans(row)}</text>')
    y += 2 * LINE
height = y - LINE
with open(os.path.join(HERE, "progress.svg"), "w") as file:
    file.write(
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">\n'
        f"<title>{html.escape(COMMAND)}</title>\n"
        f"<style>text{{font:{SIZE}px ui-monospace,\"SF Mono\",Menlo,Consolas,\"DejaVu Sans Mono\",monospace;white-space:pre}}"
        f'.h{{font:600 13px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:#59636e}}</style>\n'
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6" fill="#fff" stroke="#d0d7de"/>\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )
