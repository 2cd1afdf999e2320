"""``python -m corpus.cli`` is ``duizhao``."""

import sys

from corpus.cli.main import main

sys.exit(main())
