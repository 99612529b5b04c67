"""`python -m tests.traceability`: write docs/traceability.md; tell what is neither tested nor explained."""

from tests.traceability.marks import covered
from tests.traceability.page import PAGE, ROOT, compose, uncovered


def main() -> int:
    tests = covered(ROOT)
    PAGE.write_text(compose(tests), encoding="utf-8")
    missing = uncovered(tests)
    print(f"{PAGE.relative_to(ROOT)} written; {len(missing)} requirements have neither a test nor a reason")
    for requirement in missing:
        print(f"  {requirement}")
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
