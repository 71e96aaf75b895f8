"""Stands in for `picamera2.dma_heap`: buffers of anonymous memory, where the real one asks the kernel's CMA heap."""

import ctypes
import os
import termios

DMA_BUF_SYNC_READ = 1
DMA_BUF_SYNC_RW = 3
DMA_BUF_SYNC_START = 0
DMA_BUF_SYNC_END = 4
DMA_BUF_IOCTL_SYNC = termios.FIOCLEX
"""Nothing needs to be synchronised here; this request every descriptor accepts, and it changes nothing."""


class dma_buf_sync(ctypes.Structure):  # noqa: N801 - the kernel's own name
    _fields_ = (("flags", ctypes.c_uint64),)


class _Descriptor:
    def __init__(self, fd):
        self._fd = fd

    def get(self):
        return self._fd

    def isValid(self):
        return self._fd >= 0


class DmaHeap:
    def alloc(self, name, size):
        fd = os.memfd_create(name, os.MFD_CLOEXEC)
        os.ftruncate(fd, size)
        return _Descriptor(fd)

    def close(self):
        """The real one holds its device open."""
