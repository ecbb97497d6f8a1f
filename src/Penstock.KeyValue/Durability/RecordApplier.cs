using System.Buffers.Binary;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Durability;

/// <summary>Does again what records say. One thread; nobody is served yet.</summary>
/// <param name="keyspace">Where it is done.</param>
/// <param name="maxValueBytes">
/// No value can be longer. Not the server's option, which may be lower than when the log was written.
/// </param>
internal sealed class RecordApplier(Keyspace keyspace, int maxValueBytes = int.MaxValue)
{
    private readonly KeyspaceAccess _keys = new(keyspace, journal: null);

    /// <summary>The entries that a snapshot's last record counts; -1 until it was seen.</summary>
    public long SnapshotEntries { get; private set; } = -1;

    /// <summary>Applies all operations of one record.</summary>
    /// <exception cref="InvalidDataException">It is not in the format, although its checksum is right.</exception>
    public void Apply(ReadOnlySpan<byte> payload)
    {
        using ShardLock locks = keyspace.Lock(Keyspace.AllShards);
        while (!payload.IsEmpty)
        {
            var operation = (LogOperation)payload[0];
            payload = payload[1..];
            StoreKey key = keyspace.KeyOf(TakeBytes(ref payload));
            Apply(operation, key, ref payload);
        }
    }

    private void Apply(LogOperation operation, scoped StoreKey key, ref ReadOnlySpan<byte> rest)
    {
        switch (operation)
        {
            case LogOperation.Set:
                long expiresAt = TakeInt64(ref rest);
                _keys.Set(key, TakeBytes(ref rest), expiresAt);
                break;
            case LogOperation.Write:
                int offset = TakeInt32(ref rest);
                Write(key, offset, TakeBytes(ref rest));
                break;
            case LogOperation.Delete:
                _keys.Remove(key);
                break;
            case LogOperation.Expire:
                SetExpiry(key, TakeInt64(ref rest));
                break;
            case LogOperation.Clear:
                _keys.Clear();
                break;
            case LogOperation.SnapshotEnd:
                SnapshotEntries = TakeInt64(ref rest);
                break;
            default:
                throw new InvalidDataException($"unknown operation {(int)operation}");
        }
    }

    /// <summary>
    /// Only a value that was there was written into. If it is not, a snapshot ahead of this log has seen it end, and
    /// perhaps no later record says so: the server may have ended first. Made again, it would be zeros and live for
    /// ever.
    /// </summary>
    private void Write(StoreKey key, int offset, ReadOnlySpan<byte> bytes)
    {
        if (offset < 0 || offset > Math.Min(maxValueBytes, Array.MaxLength - key.Bytes.Length) - bytes.Length)
            throw new InvalidDataException("an operation writes where no value can be");
        if (_keys.Exists(key))
            _keys.Write(key, offset, bytes);
    }

    /// <summary>A snapshot may be ahead of the log behind it: what a later record removes is already gone.</summary>
    private void SetExpiry(StoreKey key, long expiresAt)
    {
        if (_keys.Exists(key))
            _keys.SetExpiry(key, expiresAt);
    }

    private static ReadOnlySpan<byte> TakeBytes(ref ReadOnlySpan<byte> rest)
    {
        int length = TakeInt32(ref rest);
        return Take(ref rest, length);
    }

    private static int TakeInt32(ref ReadOnlySpan<byte> rest) =>
        BinaryPrimitives.ReadInt32LittleEndian(Take(ref rest, sizeof(int)));

    private static long TakeInt64(ref ReadOnlySpan<byte> rest) =>
        BinaryPrimitives.ReadInt64LittleEndian(Take(ref rest, sizeof(long)));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int count)
    {
        if ((uint)count > (uint)rest.Length)
            throw new InvalidDataException("an operation goes past the end of its record");
        ReadOnlySpan<byte> taken = rest[..count];
        rest = rest[count..];
        return taken;
    }
}
