using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Penstock.Interop.Bsd;

/// <summary>Entries of <c>struct kevent</c>, changes and events alike, in memory that does not move.</summary>
/// <remarks>
/// The first 32 bytes are the same everywhere: <c>ident</c> 8, <c>filter</c> 2, <c>flags</c> 2, <c>fflags</c> 4,
/// <c>data</c> 8, <c>udata</c> 8. FreeBSD appends <c>ext[4]</c> since version 12; macOS, OpenBSD and libkqueue end
/// there. Two struct types would need a branch at each use; the stride is a read-only static, which the JIT compiles to
/// a constant. Sources: sys/event.h of xnu, of FreeBSD 12 and later, and of libkqueue.
/// </remarks>
internal sealed unsafe class KeventBuffer
{
    internal const int ShortStride = 32;
    internal const int FreeBsdStride = 64;

    private const int IdentOffset = 0;
    private const int FilterOffset = 8;
    private const int FlagsOffset = 10;
    private const int FilterFlagsOffset = 12;
    private const int DataOffset = 16;
    private const int UserDataOffset = 24;

    internal static readonly int Stride = OperatingSystem.IsFreeBSD() ? FreeBsdStride : ShortStride;

    // Pinned rather than native: the collector frees it, so nothing leaks when a poller is dropped without Dispose.
    // Zeroed, because nobody writes FreeBSD's extension and the kernel reads it.
    private readonly byte[] _entries;

    internal KeventBuffer(int capacity)
    {
        Capacity = capacity;
        _entries = GC.AllocateArray<byte>(capacity * Stride, pinned: true);
        Start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_entries));
    }

    internal int Capacity { get; }

    internal byte* Start { get; }

    internal byte* At(int index) => Start + (nint)index * Stride;

    internal void Set(int index, int ident, short filter, ushort flags, uint filterFlags, ulong userData)
    {
        byte* entry = At(index);
        *(nuint*)(entry + IdentOffset) = (nuint)ident;
        *(short*)(entry + FilterOffset) = filter;
        *(ushort*)(entry + FlagsOffset) = flags;
        *(uint*)(entry + FilterFlagsOffset) = filterFlags;
        *(long*)(entry + DataOffset) = 0;
        *(ulong*)(entry + UserDataOffset) = userData;
    }

    /// <summary>What the event is about: for sockets the descriptor.</summary>
    internal int Ident(int index) => (int)*(nuint*)(At(index) + IdentOffset);

    internal short Filter(int index) => *(short*)(At(index) + FilterOffset);

    internal ushort Flags(int index) => *(ushort*)(At(index) + FlagsOffset);

    /// <summary>The filter's own flags; with <see cref="Kqueue.EndOfFile"/> on a socket, its error number.</summary>
    internal uint FilterFlags(int index) => *(uint*)(At(index) + FilterFlagsOffset);

    /// <summary>
    /// The filter's own value; with <see cref="Kqueue.Error"/>, the error number of a refused change.
    /// </summary>
    internal long Data(int index) => *(long*)(At(index) + DataOffset);

    internal ulong UserData(int index) => *(ulong*)(At(index) + UserDataOffset);
}
