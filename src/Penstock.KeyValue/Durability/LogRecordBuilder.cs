using System.Buffers;
using System.Buffers.Binary;

namespace Penstock.KeyValue.Durability;

/// <summary>
/// Collects what one command, or one transaction, changes, so that it becomes one record of the log: on replay it
/// happens as a whole or not at all. One per loop; reused.
/// </summary>
/// <remarks>
/// Results are noted, not commands: a replay needs no clock and no command code, and doing an operation twice is as
/// good as once, which lets a snapshot overlap the log.
/// </remarks>
internal sealed class LogRecordBuilder
{
    /// <summary>Room beyond this is not kept once it was needed.</summary>
    private const int KeptBytes = 1024 * 1024;

    private ArrayBufferWriter<byte> _buffer = new();

    public bool IsEmpty => _buffer.WrittenCount == 0;

    public ReadOnlySpan<byte> Payload => _buffer.WrittenSpan;

    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expiresAt)
    {
        Span<byte> head = Begin(LogOperation.Set, key, sizeof(long) + sizeof(int), value.Length);
        BinaryPrimitives.WriteInt64LittleEndian(head, expiresAt);
        BinaryPrimitives.WriteInt32LittleEndian(head[sizeof(long)..], value.Length);
        value.CopyTo(head[(sizeof(long) + sizeof(int))..]);
    }

    public void Write(ReadOnlySpan<byte> key, int offset, ReadOnlySpan<byte> bytes)
    {
        Span<byte> head = Begin(LogOperation.Write, key, sizeof(int) * 2, bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head, offset);
        BinaryPrimitives.WriteInt32LittleEndian(head[sizeof(int)..], bytes.Length);
        bytes.CopyTo(head[(sizeof(int) * 2)..]);
    }

    public void Delete(ReadOnlySpan<byte> key) => Begin(LogOperation.Delete, key, 0, 0);

    public void Expire(ReadOnlySpan<byte> key, long expiresAt) =>
        BinaryPrimitives.WriteInt64LittleEndian(Begin(LogOperation.Expire, key, sizeof(long), 0), expiresAt);

    public void Clear() => Begin(LogOperation.Clear, default, 0, 0);

    /// <summary>Forgets what was collected.</summary>
    public void Reset()
    {
        if (_buffer.Capacity > KeptBytes)
            _buffer = new ArrayBufferWriter<byte>();
        else
            _buffer.ResetWrittenCount();
    }

    /// <summary>Writes operation and key; returns the room for what follows.</summary>
    private Span<byte> Begin(LogOperation operation, ReadOnlySpan<byte> key, int fixedBytes, int data)
    {
        int head = 1 + sizeof(int) + key.Length;
        int total = head + fixedBytes + data;
        Span<byte> span = _buffer.GetSpan(total);
        span[0] = (byte)operation;
        BinaryPrimitives.WriteInt32LittleEndian(span[1..], key.Length);
        key.CopyTo(span[(1 + sizeof(int))..]);
        _buffer.Advance(total);
        return span[head..total];
    }
}
