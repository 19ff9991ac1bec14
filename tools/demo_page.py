"""The demo's page: the story with its pictures, readable offline, by day and by night."""

from html import escape
from pathlib import Path

from demo_tell import Chapter, Picture, Proof, Ran, Words
from yingbi.domain.messages import say

STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --faint: #59636e; --paper: #fbfaf8;
  --card: #fff; --line: #dcd8d0; --mark: #17633a; --code: #f1efea; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e2dd; --faint: #a2a9b0;
  --paper: #16181b; --card: #1e2125; --line: #363b41; --mark: #6fcf97; --code: #121417; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 60rem; background: var(--paper);
  color: var(--ink); font: 1.05rem/1.65 system-ui, "Noto Sans CJK SC", "WenQuanYi Micro Hei",
  "PingFang SC", "Microsoft YaHei", sans-serif; }
h1 { font-size: 2rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.3rem; margin: 0 0 .75rem; }
p { margin: .5rem 0; }
.lead { color: var(--faint); }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
  padding: 1.25rem 1.5rem; margin: 1.5rem 0; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: .5rem;
  padding: .75rem 1rem; margin: .75rem 0; font: .82rem/1.55 ui-monospace, "DejaVu Sans Mono",
  "Noto Sans Mono CJK SC", "WenQuanYi Micro Hei Mono", monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; }
pre b { display: block; }
.proof { color: var(--mark); font-weight: 600; }
figure { margin: 1rem 0; }
img { max-width: 100%; height: auto; display: block; border-radius: .35rem; }
figcaption { color: var(--faint); font-size: .92rem; margin-top: .4rem; }
"""


def write_page(folder: Path, chapters: list[Chapter], language: str, lead: str) -> Path:
    """Write index.html into the folder and return its path."""
    title = escape(say("Yingbi: one film, three levels of protection"))
    sections = "\n".join(_section(number, each) for number, each in enumerate(chapters, start=1))
    page = f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{title}</h1>
<p class="lead">{escape(lead)}</p>
{sections}
</body>
</html>
"""
    path = folder / "index.html"
    path.write_text(page, "utf-8")
    return path


def _section(number: int, chapter: Chapter) -> str:
    pieces = "\n".join(_piece(piece) for piece in chapter.pieces)
    return f"<section>\n<h2>{number}. {escape(chapter.title)}</h2>\n{pieces}\n</section>"


def _piece(piece: Words | Ran | Proof | Picture) -> str:
    match piece:
        case Words(text):
            return f"<p>{escape(text)}</p>"
        case Ran(line, answer):
            return f"<pre><b>$ {escape(line)}</b>{escape(answer)}</pre>"
        case Proof(text):
            return f'<p class="proof">✓ {escape(text)}</p>'
        case Picture(file, caption):
            told = escape(caption)
            return (
                f'<figure><img src="{escape(file)}" alt="{told}">'
                f"<figcaption>{told}</figcaption></figure>"
            )
