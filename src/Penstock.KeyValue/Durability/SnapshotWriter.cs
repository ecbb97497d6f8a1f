using System.Buffers.Binary;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Durability;

/// <summary>Writes a snapshot: the same records as a log, and one at the end that says that it is whole.</summary>
internal sealed class SnapshotWriter(LogFile file) : IDisposable
{
    private const int EntriesPerSlice = 256;
    private const int BytesPerSlice = 1024 * 1024;

    private readonly LogRecordBuilder _record = new();
    private readonly LogBuffer _buffer = new();

    public long Entries { get; private set; }

    public long Bytes => file.Length;

    /// <summary>
    /// Adds what is in a shard. The lock is held for a slice at a time; going from the end to the front, nothing that
    /// stays is missed, as <see cref="Shard"/> explains.
    /// </summary>
    public void Add(Shard shard, long now)
    {
        int next = int.MaxValue;
        while (next > 0)
        {
            lock (shard.Gate)
                next = CopySlice(shard, Math.Min(next, shard.Count), now);
            file.Append(_buffer.Written.Span);
            _buffer.Clear();
        }
    }

    /// <summary>Ends the snapshot; it is on the disk when this returns.</summary>
    public void Finish()
    {
        Span<byte> end = stackalloc byte[1 + sizeof(int) + sizeof(long)];
        end.Clear();
        end[0] = (byte)LogOperation.SnapshotEnd;
        BinaryPrimitives.WriteInt64LittleEndian(end[(1 + sizeof(int))..], Entries);
        _buffer.Add(end);
        file.Append(_buffer.Written.Span);
        file.Sync();
        file.Close();
    }

    public void Dispose() => file.Dispose();

    private int CopySlice(Shard shard, int index, long now)
    {
        for (int i = 0; i < EntriesPerSlice && index > 0 && _buffer.Length < BytesPerSlice; i++)
        {
            ref Entry entry = ref shard[--index];
            if (entry.IsExpired(now))
                continue;
            _record.Set(entry.Key, entry.Value, entry.ExpiresAt);
            _buffer.Add(_record.Payload);
            _record.Reset();
            Entries++;
        }

        return index;
    }
}
