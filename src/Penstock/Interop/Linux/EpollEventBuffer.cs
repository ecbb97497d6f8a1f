using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Penstock.Interop.Linux;

/// <summary>Room for the kernel's <c>struct epoll_event</c>s, and the one place that knows their layout.</summary>
/// <remarks>
/// The struct is packed on x86-64 alone, to match what 32-bit programs pass: 12 bytes with the data at 4, and 16 bytes
/// with the data at 8 elsewhere. Two struct types would need a branch at each use; stride and offset are read-only
/// statics, which the JIT compiles to constants.
/// </remarks>
internal sealed unsafe class EpollEventBuffer
{
    /// <summary>Room for one event on any architecture.</summary>
    internal const int MaxStride = 16;

    internal static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    internal static readonly int Stride = DataOffset + sizeof(ulong);

    // Pinned rather than native: the collector frees it, so nothing leaks when a poller is dropped without Dispose.
    private readonly byte[] _events;

    internal EpollEventBuffer(int capacity)
    {
        Capacity = capacity;
        _events = GC.AllocateUninitializedArray<byte>(capacity * Stride, pinned: true);
        Start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_events));
    }

    internal int Capacity { get; }

    internal byte* Start { get; }

    internal static void Write(byte* target, uint mask, ulong data)
    {
        Unsafe.WriteUnaligned(target, mask);
        Unsafe.WriteUnaligned(target + DataOffset, data);
    }

    internal uint Mask(int index) => Unsafe.ReadUnaligned<uint>(Start + (nint)index * Stride);

    internal ulong Data(int index) => Unsafe.ReadUnaligned<ulong>(Start + (nint)index * Stride + DataOffset);
}
