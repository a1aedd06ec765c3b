"""The system calls a caged process has no use for, refused by a seccomp filter (seccomp(2), Linux 3.17)."""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from typing import NamedTuple

_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_CLONE_THREAD = 0x10000
_X32 = 0x40000000
_FILTER, _ALL_THREADS = 1, 1
_SAME_EVERYWHERE = (424, 425, 428, 429, 430, 431, 432, 433, 434, 438, 440, 442, 452, 463)
"""pidfd_send_signal, io_uring_setup, the newer mount calls, pidfd_open, pidfd_getfd, process_madvise, fchmodat2, ..."""


class _Machine(NamedTuple):
    """One architecture's numbers. `programs`: what starts one or makes a process; `others`: what is always refused."""

    audit: int
    seccomp: int
    clone: int
    clone3: int
    programs: tuple[int, ...]
    others: tuple[int, ...]


_MACHINES = {
    "x86_64": _Machine(
        0xC000003E,
        317,
        56,
        435,
        (57, 58, 59, 322),  # fork, vfork, execve, execveat
        (
            *(41, 62, 200, 129, 297, 101, 310, 311),  # socket, signals, ptrace, other processes' memory
            *(29, 68, 64, 240, 248, 249, 250),  # System V and POSIX queues, keys
            *(90, 91, 268, 92, 93, 94, 260),  # modes and owners, which Landlock leaves alone
            *(132, 235, 261, 280, 188, 189, 190, 197, 198, 199),  # times and attributes, the same
            *(133, 259, 155, 161, 165, 166, 272, 308),  # devices, mounts, namespaces
            *(303, 304, 300, 298, 321, 323),  # files by handle, fanotify, perf, bpf, userfaultfd
            *(163, 164, 227, 159, 169, 167, 168, 175, 176, 313, 246, 320),  # clock, modules, reboot, swap
        ),
    ),
    "aarch64": _Machine(
        0xC00000B7,
        277,
        220,
        435,
        (221, 281),
        (
            *(198, 129, 130, 138, 240, 117, 270, 271),
            *(194, 186, 190, 180, 217, 218, 219),
            *(52, 53, 54, 55, 88, 5, 6, 7, 14, 15, 16),
            *(33, 39, 40, 41, 51, 97, 268),
            *(264, 265, 262, 241, 280, 282),
            *(89, 170, 112, 171, 142, 224, 225, 105, 106, 273, 104, 294),
        ),
    ),
}


def refuse(*, with_programs: bool) -> None:
    """Refuse, from now on and in all threads and children, what reaches other processes, machines and files' modes.

    `with_programs` also refuses to make processes and start programs; threads stay possible. Needs no_new_privs.
    Raises OSError where the kernel has no such filters or the machine is none whose numbers are known.
    """
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        raise OSError(errno.ENOSYS, f"no list of system calls for {platform.machine()}")
    code = _filter(machine, with_programs=with_programs)
    program = ctypes.create_string_buffer(code)
    libc = ctypes.CDLL(None, use_errno=True)
    pointer = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(program)))
    if libc.syscall(machine.seccomp, _FILTER, _ALL_THREADS, pointer) != 0:
        raise OSError(ctypes.get_errno() or errno.EINVAL, "seccomp")


def _filter(machine: _Machine, *, with_programs: bool) -> bytes:
    """The filter as classic BPF, eight bytes an instruction."""
    refused = (*machine.others, *_SAME_EVERYWHERE, *(machine.programs if with_programs else ()))
    code = [
        *((_LOAD, 0, 0, _ARCHITECTURE_AT), (_EQUAL, 1, 0, machine.audit), (_RETURN, 0, 0, _REFUSE | errno.ENOSYS)),
        *((_LOAD, 0, 0, _NUMBER_AT), (_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _REFUSE | errno.ENOSYS)),
    ]
    for number in refused:
        code += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    if with_programs:  # clone3 hides its flags from filters; told that there is none, the C library uses clone
        code += [(_EQUAL, 0, 1, machine.clone3), (_RETURN, 0, 0, _REFUSE | errno.ENOSYS)]
        code += [(_EQUAL, 0, 3, machine.clone), (_LOAD, 0, 0, _FIRST_ARGUMENT_AT), (_ANY_BIT, 1, 0, _CLONE_THREAD)]
        code += [(_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    code += [(_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)
