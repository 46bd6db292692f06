#!/usr/bin/env python3
"""Fails when a function body in our sources is longer than 60 lines.

A cheap stand-in for clang-tidy's readability-function-size that needs no compilation database: our sources are
formatted, so a body opens with '{' at the end of a line and closes at the indentation where that statement began.
"""
import re
import sys
from pathlib import Path

LIMIT = 60
root = Path(sys.argv[1])
not_functions = re.compile(r"^\s*(namespace|class|struct|enum|union|extern|switch|if|for|while|do|else|try|catch|case|default)\b")
problems = 0
for folder in ("app", "core", "widgets", "visualization", "tests"):
    for path in sorted([*root.glob(f"{folder}/**/*.cpp"), *root.glob(f"{folder}/**/*.h")]):
        lines = path.read_text(encoding="utf-8").splitlines()
        for start, line in enumerate(lines):
            if not line.rstrip().endswith("{") or not_functions.match(line) or line.lstrip().startswith(("//", "}", "*")):
                continue
            if re.search(r"\[[^\[\]]*\]\s*(\([^()]*(\([^()]*\)[^()]*)*\))?[^;(){}]*\{$", line.rstrip()) and "operator" not in line:
                continue  # a lambda handed to a call closes somewhere else
            first = start
            while first > 0 and lines[first - 1].strip() and not lines[first - 1].rstrip().endswith((";", "{", "}", ":")) \
                    and not lines[first - 1].lstrip().startswith(("//", "#")):
                first -= 1
            head = " ".join(lines[first:start + 1])
            if "(" not in head or not_functions.match(lines[first]) or re.search(r"=\s*(\{|\[)?$", head):
                continue
            indent = len(lines[first]) - len(lines[first].lstrip())
            closing = re.compile(r"^\s{%d}\}" % indent)
            end = next((i for i in range(start + 1, len(lines)) if closing.match(lines[i])), None)
            if end is not None and end - start > LIMIT:
                print(f"{path.relative_to(root)}:{first + 1}: function of {end - start} lines, the budget is {LIMIT}")
                problems += 1
if problems:
    sys.exit(f"{problems} functions over budget")
