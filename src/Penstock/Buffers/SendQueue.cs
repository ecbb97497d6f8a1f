using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Penstock.Drivers;

namespace Penstock.Buffers;

/// <summary>
/// Bytes that wait to be sent on one connection, in order, in blocks of the loop's pool. Empty, it holds no
/// block. Loop thread only; a mutable struct that lives in its connection and is never copied.
/// </summary>
/// <remarks>
/// Bytes that a driver is sending are not moved: writing appends after them, and <see cref="Consume"/> drops them once
/// they are sent.
/// </remarks>
internal struct SendQueue(BlockPool pool)
{
    private readonly BlockPool _pool = pool;
    private Block? _head;
    private Block? _tail;

    /// <summary>Bytes that are staged and not sent yet.</summary>
    public int Length { get; private set; }

    public readonly bool IsEmpty => Length == 0;

    /// <summary>At least <paramref name="sizeHint"/> writable bytes (one or more when it is 0).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> GetSpan(int sizeHint) => Writable(sizeHint).Room;

    /// <inheritdoc cref="GetSpan"/>
    public Memory<byte> GetMemory(int sizeHint) => Writable(sizeHint).RoomAsMemory;

    /// <summary>Says that <paramref name="count"/> bytes were written to the span or memory last given out.</summary>
    public void Advance(int count)
    {
        if (count == 0)
            return;
        Block? tail = _tail;
        if (tail is null || (uint)count > (uint)tail.Free)
            ThrowBadAdvance(count);
        tail.End += count;
        Length += count;
    }

    /// <summary>Copies <paramref name="bytes"/> to the end, filling the last block before it takes another.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Span<byte> room = GetSpan(0);
            int count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            Advance(count);
            bytes = bytes[count..];
        }
    }

    /// <summary>
    /// Queues a payload behind what is there, without a copy; it is held until it is sent or dropped.
    /// </summary>
    public void Write(SharedPayload payload)
    {
        if (payload.Length == 0)
            return;
        Append(_pool.Refer(payload));
        Length += payload.Length;
        if (Length > _pool.LongestQueue)
            _pool.OnOvergrown();
    }

    /// <summary>
    /// Drops whole payloads, oldest first, until no more than <paramref name="target"/> bytes are staged or none is
    /// left that may be dropped. What a driver may be reading stays, and so does everything that was not queued as a
    /// payload, and the newest: it is what the others are dropped for.
    /// </summary>
    /// <param name="target">Bytes to come down to.</param>
    /// <param name="busy">Bytes at the front that an outstanding send covers.</param>
    /// <returns>How many payloads were dropped.</returns>
    public int DropOldest(int target, int busy)
    {
        int dropped = 0;
        Block? previous = null;
        for (Block? block = _head; block is not null && Length > target;)
        {
            Block? next = block.Next;
            bool started = busy > 0 || block.Start > 0;
            busy -= block.Length;
            if (started || block.Payload is null || next is null)
            {
                previous = block;
            }
            else
            {
                Unlink(block, previous);
                dropped++;
            }

            block = next;
        }

        return dropped;
    }

    /// <summary>The only unsent run, when there is just one.</summary>
    public readonly bool TryGetOnly(out SendSegment segment)
    {
        segment = _head is { } head ? new SendSegment(head.Address + head.Start, head.Length) : default;
        return segment.Length == Length;
    }

    /// <summary>Lists the unsent runs from the front, as many as fit; returns how many.</summary>
    public readonly int FillSegments(Span<SendSegment> segments)
    {
        int count = 0;
        for (Block? block = _head; block is not null && count < segments.Length; block = block.Next)
        {
            if (block.Length > 0)
                segments[count++] = new SendSegment(block.Address + block.Start, block.Length);
        }

        return count;
    }

    /// <summary>Drops <paramref name="count"/> sent bytes from the front and returns the blocks they emptied.</summary>
    public void Consume(int count)
    {
        Debug.Assert(count >= 0 && count <= Length, "more was sent than was staged");
        Length -= count;
        while (_head is { } head && count >= head.Length)
        {
            count -= head.Length;
            _head = head.Next;
            _pool.Return(head);
        }

        if (_head is null)
            _tail = null;
        else
            _head.Start += count;
    }

    /// <summary>
    /// Drops everything. Only when no send is outstanding: a driver may still read the bytes otherwise.
    /// </summary>
    public void Clear() => Consume(Length);

    private Block Writable(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        if (_tail is { } tail && tail.Free >= Math.Max(sizeHint, 1))
            return tail;
        if (Length > _pool.LongestQueue)
            _pool.OnOvergrown();
        return Append(_pool.Rent(sizeHint));
    }

    private void Unlink(Block block, Block? previous)
    {
        Debug.Assert(!ReferenceEquals(_tail, block), "the newest is never dropped");
        Length -= block.Length;
        if (previous is null)
            _head = block.Next;
        else
            previous.Next = block.Next;
        _pool.Return(block);
    }

    private Block Append(Block block)
    {
        if (_tail is null)
            _head = block;
        else
            _tail.Next = block;
        _tail = block;
        return block;
    }

    [DoesNotReturn]
    private static void ThrowBadAdvance(int count) =>
        throw new ArgumentOutOfRangeException(
            nameof(count), count, "Advance goes past the end of the span that was given out.");
}
