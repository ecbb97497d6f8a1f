using System.Diagnostics;
using Penstock.Interop.Linux;
using Penstock.Net;

namespace Penstock.Drivers;

/// <summary>
/// The buffers that the kernel receives into, for all connections of a loop: it takes one when bytes are there, so a
/// connection that is idle costs none.
/// </summary>
/// <remarks>
/// Where the kernel can, and keeps order (Linux 6.15), a receive takes only the bytes that it fills, and the next one,
/// of whichever connection, continues behind them. Then buffers can be large enough for bulk data and small messages
/// still do not waste them. Receives complete in the order in which the kernel filled the buffer, so its fill is known
/// by counting.
/// </remarks>
internal sealed unsafe class ReceiveBufferRing : IDisposable
{
    /// <summary>The number that receives name the buffers by.</summary>
    public const ushort Group = 0;

    private const int None = -1;

    private readonly IoUringRing _ring;
    private readonly IoUringBuffer* _entries;
    private readonly byte* _buffers;
    private readonly nuint _mappedLength;
    private readonly int _size;
    private readonly ushort _mask;
    private readonly int[] _filled;
    private ushort _tail;
    private int _lent = None;

    private ReceiveBufferRing(IoUringRing ring, byte* mapping, nuint entriesLength, in IoUringSizes sizes)
    {
        _ring = ring;
        _entries = (IoUringBuffer*)mapping;
        _buffers = mapping + entriesLength;
        _mappedLength = MappedLength(in sizes);
        _size = sizes.ReceiveBufferBytes;
        _mask = (ushort)(sizes.ReceiveBuffers - 1);
        _filled = new int[sizes.ReceiveBuffers];
        for (int id = 0; id < sizes.ReceiveBuffers; id++)
            Add(id);
    }

    /// <summary>Whether receives share buffers.</summary>
    public bool IsIncremental { get; private init; }

    public int TotalBytes => _size * _filled.Length;

    /// <exception cref="IoUringException">No memory, or the kernel has no buffer rings.</exception>
    public static ReceiveBufferRing Create(IoUringRing ring, in IoUringSizes sizes)
    {
        byte* mapping = IoUringCalls.MapMemory(MappedLength(in sizes), out int error);
        if (mapping is null)
            throw new IoUringException("mmap of the receive buffers", -error);

        bool incremental = sizes.Incremental;
        int result = Register(ring, mapping, sizes.ReceiveBuffers, incremental);
        if (result == -Errno.EINVAL && incremental)
            result = Register(ring, mapping, sizes.ReceiveBuffers, incremental = false);
        if (result >= 0)
        {
            return new ReceiveBufferRing(ring, mapping, EntriesLength(in sizes), in sizes)
            {
                IsIncremental = incremental,
            };
        }

        IoUringCalls.Unmap(mapping, MappedLength(in sizes));
        throw new IoUringException("io_uring_register of the receive buffers", -result);
    }

    /// <summary>
    /// The bytes of a receive. Valid until <see cref="ReturnLent"/>, which must come before the next call.
    /// </summary>
    public ReadOnlySpan<byte> Lend(IoUringCompletion completion)
    {
        Debug.Assert(_lent == None, "one buffer is lent at a time");
        int id = completion.BufferId;
        int length = Math.Max(completion.Result, 0);
        int start = _filled[id];
        _filled[id] = start + length;
        if (!completion.HasMoreOfBuffer)
            _lent = id;
        return new ReadOnlySpan<byte>(_buffers + (nint)id * _size + start, length);
    }

    /// <summary>Gives the kernel back what was lent last, if it was the end of its buffer.</summary>
    public void ReturnLent()
    {
        if (_lent == None)
            return;
        _filled[_lent] = 0;
        Add(_lent);
        _lent = None;
    }

    public void Dispose()
    {
        IoUringBufferRegistration registration = new() { Group = Group };
        _ = _ring.Register(IoUringAbi.UnregisterBufferRing, &registration, 1);
        IoUringCalls.Unmap((byte*)_entries, _mappedLength);
    }

    private void Add(int id)
    {
        // Field by field: the first entry's last field is the ring's tail.
        IoUringBuffer* entry = &_entries[_tail & _mask];
        entry->Address = (ulong)(_buffers + (nint)id * _size);
        entry->Length = (uint)_size;
        entry->Id = (ushort)id;
        Volatile.Write(ref _entries->Tail, ++_tail);
    }

    private static int Register(IoUringRing ring, byte* entries, int count, bool incremental)
    {
        IoUringBufferRegistration registration = new()
        {
            RingAddress = (ulong)entries,
            RingEntries = (uint)count,
            Group = Group,
            Flags = incremental ? IoUringAbi.BufferRingIncremental : (ushort)0,
        };
        return ring.Register(IoUringAbi.RegisterBufferRing, &registration, 1);
    }

    private static nuint EntriesLength(in IoUringSizes sizes)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint length = (nuint)sizes.ReceiveBuffers * (nuint)sizeof(IoUringBuffer);
        return (length + page - 1) / page * page;
    }

    private static nuint MappedLength(in IoUringSizes sizes) =>
        EntriesLength(in sizes) + (nuint)sizes.TotalReceiveBytes;
}
