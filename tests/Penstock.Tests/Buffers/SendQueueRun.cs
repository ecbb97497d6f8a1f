using System.Runtime.InteropServices;
using Penstock.Buffers;
using Penstock.Drivers;

namespace Penstock.Tests.Buffers;

/// <summary>
/// A <see cref="SendQueue"/> and the naive byte list that it must agree with after every operation. Operations are
/// derived from plain numbers, so that FsCheck can shrink a failing sequence.
/// </summary>
internal sealed class SendQueueRun
{
    private const int BlockSize = 64;

    private readonly BlockPool _pool = new(BlockSize, maxFreeBytes: 4 * BlockSize);
    private readonly List<byte> _model = [];
    private SendQueue _queue;
    private byte _next;

    public SendQueueRun() => _queue = new SendQueue(_pool);

    /// <summary>Applies every operation, then empties the queue and expects every block back.</summary>
    public bool Agrees(IEnumerable<int> operations)
    {
        foreach (int operation in operations)
        {
            Apply((operation & 7, operation >>> 3));
            if (!IsEqual())
                return false;
        }

        _queue.Clear();
        return _pool.RentedBytes == 0
            && _pool.FreeBytes <= _pool.MaxFreeBytes + (BlockPool.BlocksPerSlab * BlockSize);
    }

    private void Apply((int Kind, int Amount) operation)
    {
        switch (operation.Kind)
        {
            case 0 or 1:
                Write(operation.Amount % (3 * BlockSize));
                break;
            case 2 or 3:
                WriteInPlace(operation.Amount % (2 * BlockSize), unused: operation.Amount % 5);
                break;
            case 4:
                // A span that is asked for and never advanced: the block must not be lost.
                _ = _queue.GetSpan(operation.Amount % (3 * BlockSize));
                break;
            case 5:
                WriteInPlace(operation.Amount % (20 * BlockSize), unused: 0);
                break;
            default:
                Consume(operation.Amount % (_model.Count + 1));
                break;
        }
    }

    private void Write(int length)
    {
        byte[] bytes = NextBytes(length);
        _queue.Write(bytes);
        _model.AddRange(bytes);
    }

    private void WriteInPlace(int length, int unused)
    {
        Span<byte> room = (length & 1) == 0 ? _queue.GetSpan(length + unused) : _queue.GetMemory(length + unused).Span;
        Assert.True(room.Length >= Math.Max(1, length + unused));
        byte[] bytes = NextBytes(length);
        bytes.CopyTo(room);
        _queue.Advance(length);
        _model.AddRange(bytes);
    }

    private void Consume(int count)
    {
        _queue.Consume(count);
        _model.RemoveRange(0, count);
    }

    private byte[] NextBytes(int length)
    {
        byte[] bytes = new byte[length];
        foreach (ref byte b in bytes.AsSpan())
            b = _next++;
        return bytes;
    }

    private bool IsEqual()
    {
        if (_queue.Length != _model.Count || _queue.IsEmpty != (_model.Count == 0))
            return false;
        byte[] all = ReadSegments(new SendSegment[4_096]);
        byte[] few = ReadSegments(new SendSegment[2]);
        return all.AsSpan().SequenceEqual(CollectionsMarshal.AsSpan(_model)) && all.AsSpan().StartsWith(few)
            && _pool.RentedBytes >= _model.Count;
    }

    private unsafe byte[] ReadSegments(SendSegment[] segments)
    {
        List<byte> bytes = [];
        int count = _queue.FillSegments(segments);
        foreach (SendSegment segment in segments.AsSpan(0, count))
        {
            Assert.NotEqual(0, segment.Length);
            bytes.AddRange(new ReadOnlySpan<byte>((void*)segment.Address, segment.Length));
        }

        if (_queue.TryGetOnly(out SendSegment only) && count > 0)
            Assert.Equal((1, segments[0].Address, _queue.Length), (count, only.Address, only.Length));
        return [.. bytes];
    }
}
