"""``duizhao serve``: translation over HTTP."""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
from importlib.util import find_spec
from typing import TYPE_CHECKING

from corpus.cli.bitext import BITEXT, add_bitext_options, bitext_options, say_rejected, say_unapplied
from translate.cli.console import counted, say
from translate.cli.options import (
    Commands,
    add_common_options,
    add_model_options,
    add_terms_options,
    add_text_options,
    load_translator,
    positive,
    segment_options,
)
from translate.errors import UsageError

if TYPE_CHECKING:
    from corpus.serve.browse import OpenCorpus

__all__ = ["add", "run"]

_NEEDED = ("starlette", "uvicorn", "python_multipart")


def add(commands: Commands) -> None:
    """Add ``serve`` to a parser's commands."""
    parser = commands.add_parser(
        "serve",
        description="Serve a page to translate on, and an API. Only this machine can ask, unless told otherwise. "
        "The API is that of LibreTranslate, whose clients work unchanged. With a CORPUS the page reads it, too, and "
        "saves corrections.",
    )
    parser.add_argument("corpus", nargs="?", metavar="CORPUS", help=f"to be read and corrected; {BITEXT}")
    parser.add_argument(
        "--corrections",
        metavar="FILE",
        help="where corrections are kept (default: beside CORPUS, in CORPUS.corrections.jsonl)",
    )
    parser.add_argument("--author", metavar="NAME", help="named in the corrections that are made")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="listen here (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=5000, metavar="N", help="listen here (default: 5000; 0: any)")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name by which it may be called, as from behind a proxy; may be given again",
    )
    parser.add_argument("--api-keys", metavar="FILE", help="ask for a key; FILE has those that are good, one a line")
    parser.add_argument(
        "--char-limit",
        type=positive,
        default=100_000,
        metavar="N",
        help="characters of a request at most (default: 100000)",
    )
    parser.add_argument(
        "--max-upload", type=positive, default=20, metavar="MB", help="megabytes of a file at most (default: 20)"
    )
    parser.add_argument(
        "--max-waiting",
        type=positive,
        default=4000,
        metavar="N",
        help="sentences that may wait; whoever comes then is told to come later (default: 4000)",
    )
    add_bitext_options(parser)
    add_text_options(parser, lines=True)
    add_terms_options(parser)
    add_model_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop."""
    if any(find_spec(name) is None for name in _NEEDED):
        raise UsageError("serve needs an extra: pip install 'duizhao[serve]'")
    from corpus.serve.app import make_app
    from corpus.serve.batching import BatchingQueue
    from corpus.serve.keys import ApiKeys
    from corpus.serve.server import bind, run_server
    from corpus.serve.service import RequestLimits, Service

    keys = None if args.api_keys is None else ApiKeys.read(args.api_keys)
    limits = RequestLimits(args.char_limit, args.max_upload * 1_000_000, args.max_waiting)
    with contextlib.ExitStack() as stack:
        bound = stack.enter_context(bind(args.host, args.port))
        corpus = _open_corpus(args)
        if corpus is not None:
            stack.callback(corpus.close)
        translator = stack.enter_context(load_translator(args, segment_options(args)))
        service = Service(BatchingQueue(translator, max_waiting=limits.waiting), limits, keys)
        app = make_app(service, corpus=corpus, hosts=_hosts(args), is_verbose=getattr(args, "verbose", False))
        finished = run_server(app, bound, on_start=lambda: _say_where(args, bound.getsockname()[1]))
    say("stopped; all that was in flight is finished" if finished else "stopped in the middle of requests")
    return 0 if finished else 130


def _open_corpus(args: argparse.Namespace) -> OpenCorpus | None:
    if args.corpus is None:
        if args.corrections or args.author:
            raise UsageError("--corrections and --author are of a CORPUS; name it")
        return None
    from corpus.serve.browse import OpenCorpus, corrections_beside

    corrections = args.corrections or corrections_beside(args.corpus)
    corpus = OpenCorpus(args.corpus, corrections, bitext_options(args), author=args.author, on_reject=say_rejected)
    say_unapplied(corpus.unapplied)
    if not getattr(args, "quiet", False):
        say(f"{counted(corpus.n_pairs, 'pair')} in {args.corpus}; corrections are kept in {corrections}")
    return corpus


def _hosts(args: argparse.Namespace) -> frozenset[str] | None:
    """Names by which it may be called; any, where it listens to other machines and no name was given."""
    from corpus.serve.app import LOOPBACK

    named = frozenset(name.lower() for name in args.allow_host)
    return LOOPBACK | named if named or _is_loopback(args.host) else None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _say_where(args: argparse.Namespace, port: int) -> None:
    if not getattr(args, "quiet", False):
        host = f"[{args.host}]" if ":" in args.host else args.host
        say(f"serving on http://{host}:{port} (Ctrl-C stops it)")
        if not _is_loopback(args.host) and args.api_keys is None:
            say("other machines can reach it, and nobody is asked for a key; --api-keys FILE asks")
