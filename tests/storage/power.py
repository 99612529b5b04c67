"""A power cut at every file operation: the work is done in another process, which dies right after one of them."""

import os
import traceback
from collections.abc import Callable, Iterator
from typing import Any

OPERATIONS = ("open", "write", "fsync", "rename", "replace", "unlink", "mkdir", "rmdir", "chown")
CUT = 86
FAILED = 87


def cut_after(operations: int, work: Callable[[], object]) -> bool:
    """Do `work` until so many file operations are done; return whether the power was cut before it was over."""
    child = os.fork()
    if child == 0:
        try:
            _count_down(operations)
            work()
            os._exit(0)
        except BaseException:  # noqa: BLE001 nothing may leave this process
            traceback.print_exc()
            os._exit(FAILED)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, CUT), code
    return code == CUT


def every_cut(prepare: Callable[[int], Callable[[], object]]) -> Iterator[int]:
    """Cut the power after one operation, after two ... until all is done; yield after each cut, and at last.

    `prepare` returns the work to do on things that nothing was done to.
    """
    operations = 1
    while cut_after(operations, prepare(operations)):
        yield operations
        operations += 1
    assert operations > 5, "hardly anything was done at all"
    yield operations


def _count_down(operations: int) -> None:
    left = operations

    def counting(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            nonlocal left
            result = function(*arguments, **more)
            left -= 1
            if left == 0:
                os._exit(CUT)
            return result

        return call

    for name in OPERATIONS:
        setattr(os, name, counting(getattr(os, name)))
